#include "nodes/view/controls.hpp"

#include <algorithm>

namespace voltaic::nodes::view {

namespace {

constexpr std::size_t pages = 3;

view::page turned(view::page from, std::size_t by) {
  return static_cast<view::page>((static_cast<std::size_t>(from) + by) % pages);
}

std::size_t moved(std::size_t from, key pressed, std::size_t last) {
  switch (pressed) {
    case key::up:
      return from - std::min<std::size_t>(from, 1);
    case key::page_up:
      return from - std::min(from, page_step);
    case key::down:
      return std::min(from + 1, last);
    case key::page_down:
      return std::min(from + page_step, last);
    case key::first:
      return 0;
    case key::last:
      return last;
    default:
      return from;
  }
}

void show(choice& now, view::page which) {
  now.page = which;
  now.scroll = 0;
}

} // namespace

choice after(choice now, key pressed, const extent& of) {
  if (now.shows_help && pressed != key::quit && pressed != key::none) {
    now.shows_help = false;
    return now;
  }
  switch (pressed) {
    case key::quit:
      now.is_over = true;
      break;
    case key::help:
      now.shows_help = true;
      break;
    case key::pause:
      now.is_paused = !now.is_paused;
      break;
    case key::next_page:
      show(now, turned(now.page, 1));
      break;
    case key::previous_page:
      show(now, turned(now.page, pages - 1));
      break;
    case key::overview:
      show(now, page::overview);
      break;
    case key::machinery:
      show(now, page::machinery);
      break;
    case key::events:
      show(now, page::events);
      break;
    default:
      if (now.page == page::overview)
        now.rack = moved(now.rack, pressed, of.racks - std::min<std::size_t>(of.racks, 1));
      else
        now.scroll = moved(now.scroll, pressed, of.scroll_last);
  }
  return now;
}

key key_of(int letter) {
  switch (letter) {
    case 'q':
    case 'Q':
      return key::quit;
    case '?':
    case 'h':
      return key::help;
    case 'p':
    case ' ':
      return key::pause;
    case 'k':
      return key::up;
    case 'j':
      return key::down;
    case 'g':
      return key::first;
    case 'G':
      return key::last;
    case '\t':
      return key::next_page;
    case '1':
      return key::overview;
    case '2':
      return key::machinery;
    case '3':
      return key::events;
    default:
      return key::other;
  }
}

} // namespace voltaic::nodes::view
