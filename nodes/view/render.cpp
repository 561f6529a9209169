#include "nodes/view/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "nodes/view/cell_strip.hpp"
#include "nodes/view/panels.hpp"

namespace voltaic::nodes::view {

namespace {

/// Title, two lines of the system and the line of keys.
constexpr std::size_t fixed_lines = 4;
constexpr std::size_t strip_lines_most = 6;

/// How many lines each part gets. A part that has a rule counts it.
struct share {
  std::size_t racks = 0;
  std::size_t strip = 0;
  std::size_t alarms = 0;
  std::size_t equipment = 0;
  std::size_t machinery = 0;
  std::size_t events = 0;
};

/// Gives away lines, as long as there are some.
class budget {
 public:
  explicit budget(std::size_t lines) : left_(lines) {}
  /// Up to `wanted` lines for a part.
  void grant(std::size_t& part, std::size_t wanted) {
    const auto more = std::min(wanted - std::min(wanted, part), left_);
    part += more;
    left_ -= more;
  }
  [[nodiscard]] std::size_t left() const { return left_; }

 private:
  std::size_t left_;
};

/// Everybody a little first, then by importance.
share divide(const paper& on, const picture& of, std::string_view chosen_rack, size screen) {
  const auto lines = static_cast<std::size_t>(screen.lines) - fixed_lines;
  const auto heading = std::size_t{1};
  const auto racks = of.racks.size() + heading;
  const auto alarms = alarm_lines_wanted(on, of.alarms, chosen_rack);
  const auto equipment = of.equipment.empty() ? 0 : of.equipment.size() + heading;
  const auto machinery = std::max(of.processes.size(), of.links.size()) + heading;
  const bool has_rack = !of.racks.empty();
  share parts;
  budget all(lines - (has_rack ? static_cast<std::size_t>(detail_lines_more) : 0));
  all.grant(parts.racks, std::min<std::size_t>(racks, 4));
  all.grant(parts.strip, has_rack ? 1 : 0);
  all.grant(parts.alarms, std::min<std::size_t>(alarms, 4));
  all.grant(parts.machinery, std::min<std::size_t>(machinery, 3));
  all.grant(parts.equipment, std::min<std::size_t>(equipment, 4));
  all.grant(parts.racks, std::min<std::size_t>(racks, 9));
  all.grant(parts.alarms, std::min<std::size_t>(alarms, 6));
  all.grant(parts.machinery, std::min<std::size_t>(machinery, 8));
  all.grant(parts.strip, has_rack ? 2 : 0);
  all.grant(parts.equipment, equipment);
  all.grant(parts.machinery, std::min<std::size_t>(machinery, 13));
  if (has_rack) {
    const auto whole = strip_lines_max(of.racks.front().cells_v, screen.columns - 2);
    all.grant(parts.strip, std::min(static_cast<std::size_t>(whole), strip_lines_most));
  }
  all.grant(parts.racks, racks);
  all.grant(parts.alarms, alarms);
  all.grant(parts.machinery, machinery);
  all.grant(parts.events,
            of.events.empty() ? 0 : of.events.size() * overview_event_lines + heading);
  return parts;
}

void append(std::vector<line>& to, std::vector<line> part) {
  to.insert(to.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
}

line key_line(const paper& on, const std::string& quit_means) {
  row text(on.columns, *on.signs);
  text.space();
  const auto key = [&](std::string_view letters, std::string_view meaning) {
    text.put(letters, style::strong).space().put(meaning, style::label).space(2);
  };
  key("?", "help");
  key("q", quit_means);
  key("p", "pause");
  key("up/down", "rack");
  key("Tab", "more");
  return text.done();
}

void append_overview(std::vector<line>& to, const paper& on, const picture& of,
                     const choice& chosen, size screen) {
  const auto chosen_rack = of.racks.empty() ? std::string() : of.racks[chosen.rack].name;
  const auto parts = divide(on, of, chosen_rack, screen);
  append(to, system_lines(on, of));
  append(to, rack_lines(on, of, chosen.rack, parts.racks));
  if (!of.racks.empty())
    append(to, detail_lines(on, of.racks[chosen.rack], static_cast<int>(parts.strip)));
  append(to, alarm_lines(on, of.alarms, parts.alarms, chosen_rack));
  append(to, equipment_lines(on, of, parts.equipment));
  append(to, machinery_lines(on, of, parts.machinery));
  append(to, event_lines(on, of, parts.events));
}

/// A page that may be longer than the screen, from the chosen line on.
void append_scrolled(std::vector<line>& to, std::vector<line> whole, std::size_t from,
                     std::size_t room) {
  const auto last = whole.size() - std::min(whole.size(), room);
  whole.erase(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(std::min(from, last)));
  append(to, std::move(whole));
}

/// Alarms with all that is to say about them, then all events, the newest on top.
std::vector<line> event_page(const paper& on, const picture& of) {
  auto lines = explained_alarm_lines(on, of.alarms);
  append(lines, all_event_lines(on, of));
  return lines;
}

/// The whole of a page that may be longer than the screen; empty for the overview.
std::vector<line> long_page(const paper& on, const picture& of, view::page which) {
  if (which == page::machinery) return all_machinery_lines(on, of);
  return which == page::events ? event_page(on, of) : std::vector<line>{};
}

size bounded(size screen) {
  return {std::max(screen.columns, screen_min.columns), std::max(screen.lines, screen_min.lines)};
}

/// Lines of a page between title and keys.
std::size_t room_of(size screen) {
  return static_cast<std::size_t>(screen.lines) - 2;
}

} // namespace

extent extent_of(const picture& of, const choice& chosen, size screen, const manner& how) {
  screen = bounded(screen);
  const auto lines = long_page({screen.columns, &glyphs_of(how.ascii)}, of, chosen.page).size();
  return {of.racks.size(), lines - std::min(lines, room_of(screen))};
}

std::vector<line> render(const picture& of, const choice& chosen, size screen, const manner& how) {
  screen = bounded(screen);
  const paper on{screen.columns, &glyphs_of(how.ascii)};
  auto now = chosen;
  now.rack = std::min(now.rack, of.racks.size() - std::min<std::size_t>(of.racks.size(), 1));
  std::vector<line> result{title_line(on, of, now)};
  if (now.shows_help)
    append(result, help_lines(on, how.quit_means));
  else if (now.page == page::overview)
    append_overview(result, on, of, now, screen);
  else
    append_scrolled(result, long_page(on, of, now.page), now.scroll, room_of(screen));
  result.resize(static_cast<std::size_t>(screen.lines) - 1);
  result.push_back(key_line(on, how.quit_means));
  return result;
}

} // namespace voltaic::nodes::view
