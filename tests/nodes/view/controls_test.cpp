#include "nodes/view/controls.hpp"

#include <catch2/catch.hpp>

namespace controls_test {

using namespace voltaic::nodes::view;

TEST_CASE("keys choose a rack and stop at both ends") {
  choice now;
  now = after(now, key::up, {3, 0});
  CHECK(now.rack == 0);
  now = after(now, key::down, {3, 0});
  CHECK(now.rack == 1);
  now = after(now, key::page_down, {3, 0});
  CHECK(now.rack == 2);
  now = after(now, key::first, {3, 0});
  CHECK(now.rack == 0);
  now = after(now, key::last, {64, 0});
  CHECK(now.rack == 63);
  CHECK(after(choice{}, key::down, {0, 0}).rack == 0);
}

TEST_CASE("on the other pages the same keys scroll") {
  auto now = after({}, key::machinery, {64, 5});
  CHECK(now.page == page::machinery);
  now = after(now, key::down, {64, 5});
  CHECK(now.scroll == 1);
  CHECK(now.rack == 0);
  now = after(now, key::last, {64, 5});
  CHECK(now.scroll == 5);
  now = after(now, key::up, {64, 5});
  CHECK(now.scroll == 4);
  CHECK(after(now, key::events, {64, 5}).scroll == 0);
}

TEST_CASE("pages follow one another in a circle") {
  auto now = after({}, key::next_page, {});
  CHECK(now.page == page::machinery);
  now = after(now, key::next_page, {});
  CHECK(now.page == page::events);
  now = after(now, key::next_page, {});
  CHECK(now.page == page::overview);
  CHECK(after(now, key::previous_page, {}).page == page::events);
}

TEST_CASE("any key ends the help, and q ends the view even there") {
  const auto helped = after({}, key::help, {});
  CHECK(helped.shows_help);
  CHECK(after(helped, key::none, {}).shows_help);
  const auto gone = after(helped, key::down, {3, 0});
  CHECK_FALSE(gone.shows_help);
  CHECK(gone.rack == 0);
  CHECK(after(helped, key::quit, {}).is_over);
}

TEST_CASE("p pauses and goes on") {
  const auto paused = after({}, key::pause, {});
  CHECK(paused.is_paused);
  CHECK_FALSE(after(paused, key::pause, {}).is_paused);
}

TEST_CASE("letters are keys") {
  CHECK(key_of('q') == key::quit);
  CHECK(key_of('?') == key::help);
  CHECK(key_of('j') == key::down);
  CHECK(key_of('\t') == key::next_page);
  CHECK(key_of('z') == key::other);
}

} // namespace controls_test
