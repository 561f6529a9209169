// Parts of the screen that are lists: alarms, equipment, processes and links, events.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <string_view>

#include "messages/points/output.hpp"
#include "nodes/view/panels.hpp"

namespace voltaic::nodes::view {

namespace {

constexpr int clock_begin = 11; ///< in 2026-01-31T12:00:00.000000Z
constexpr int clock_length = 8;

style look_of_state(std::string_view state) {
  if (state == "running") return style::plain;
  return state == "failed" ? style::alarm : style::warning;
}

std::string uptime_text(std::int64_t seconds) {
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (seconds < 2 * minute) return fmt::format("{} s", seconds);
  if (seconds < 2 * hour) return fmt::format("{} min", seconds / minute);
  return seconds < 2 * day ? fmt::format("{} h", seconds / hour)
                           : fmt::format("{} d", seconds / day);
}

/// Columns of the list of processes, and where that of links begins.
struct machinery_columns {
  int name;
  int links;
  explicit machinery_columns(int columns) : name(columns < 100 ? 17 : 20), links(name + 27) {}
};
constexpr int state_width = 9;
constexpr int died_width = 4;
constexpr int cpu_width = 6;
constexpr int memory_width = 4;

row process_heading(const paper& on) {
  row text(on.columns, *on.signs);
  text.space().left("process", machinery_columns(on.columns).name, style::label);
  text.left("state", state_width, style::label).right("died", died_width, style::label);
  return text.right("cpu %", cpu_width, style::label).right("MB", memory_width, style::label);
}

void put_process(row& into, const process_picture& one, const paper& on) {
  const int name = machinery_columns(on.columns).name;
  into.space().left(clipped(one.name, name - 1, *on.signs), name,
                    one.is_node ? style::plain : style::label);
  into.left(one.state, state_width, look_of_state(one.state));
  into.right(std::to_string(one.deaths), died_width,
             one.deaths > 0 ? style::warning : style::plain);
  into.right(fmt::format("{:.1f}", one.cpu_percent), cpu_width);
  into.right(fmt::format("{:.0f}", one.memory_mb), memory_width);
}

void put_link(row& into, const link_picture& one, const glyphs& signs) {
  constexpr int name_width = 14;
  into.left(clipped(one.name, name_width - 1, signs), name_width);
  into.left(one.state, std::max(columns_of(one.state) + 1, state_width),
            one.is_well ? style::plain : style::warning);
  if (one.load_percent) into.right(fmt::format("{:.0f} % ", *one.load_percent), 6);
  for (const auto& each : one.errors)
    into.put(fmt::format(" {} {}", each.number, each.what), style::warning);
}

line machinery_row(const paper& on, const process_picture* process, const link_picture* link) {
  row text(on.columns, *on.signs);
  if (process != nullptr) put_process(text, *process, on);
  text.to(machinery_columns(on.columns).links);
  if (link != nullptr) put_link(text, *link, *on.signs);
  return text.done();
}

line equipment_row(const paper& on, const equipment_picture& one) {
  row text(on.columns, *on.signs);
  text.space().left(clipped(one.name, 12, *on.signs), 13,
                    one.is_good ? style::plain : style::warning);
  for (const auto& point : one.points) {
    const auto unit = unit_text(point.unit, *on.signs);
    const auto width = columns_of(point.name) + columns_of(point.text) + columns_of(unit) + 4;
    if (width > text.rest()) continue;
    text.put(point.name, style::label).space();
    text.put(point.text, point.text == "-" ? style::warning : style::plain);
    if (!unit.empty()) text.space().put(unit, style::label);
    text.space(2);
  }
  return text.done();
}

/// "rack_1 failed", or how many of them; empty where none did.
std::string failed_text(const std::vector<process_picture>& all) {
  const auto is_failed = [](const process_picture& one) { return one.state == "failed"; };
  const auto count = std::ranges::count_if(all, is_failed);
  if (count == 0) return {};
  if (count > 1) return fmt::format("{} processes failed", count);
  return std::ranges::find_if(all, is_failed)->name + " failed";
}

/// "racks: 1 fault, 2 warning": how many racks have which level as their worst, as the points
/// `system/faults`, `alarms` and `warnings` count them.
std::string racks_text(const std::vector<alarm>& alarms) {
  constexpr std::string_view levels[] = {"fault", "alarm", "warning"};
  std::size_t counts[std::size(levels)] = {};
  std::set<std::string_view> seen;
  for (const auto& one : alarms) { // the worst first
    if (!seen.insert(one.rack).second) continue;
    const auto* const level = std::ranges::find(levels, one.level);
    ++counts[level == std::end(levels) ? 0 : level - std::begin(levels)];
  }
  std::string text = "racks:";
  for (std::size_t i = 0; i < std::size(levels); ++i)
    if (counts[i] > 0)
      text += fmt::format("{} {} {}", text.back() == ':' ? "" : ",", counts[i], levels[i]);
  return text;
}

/// Clock and subject of an event; the text begins behind them.
row event_head(const paper& on, const event_picture& one) {
  const int subject = on.columns < 100 ? 13 : 24;
  row text(on.columns, *on.signs);
  text.space().put(clock_text(one.utc_us), style::label).space();
  text.left(clipped(one.subject, subject - 1, *on.signs), subject);
  return text;
}

/// An event in at most so many lines, the last one clipped; the text of each stands in one column.
void append_event(std::vector<line>& to, const paper& on, const event_picture& one,
                  std::size_t lines_max) {
  auto text = event_head(on, one);
  const int indent = text.used();
  const auto parts = wrapped(one.text, text.rest());
  if (parts.empty()) to.push_back(text.done());
  for (std::size_t i = 0; i < std::min(parts.size(), lines_max); ++i) {
    if (i > 0) (text = row(on.columns, *on.signs)).space(indent);
    const bool is_cut = i + 1 == lines_max && i + 1 < parts.size();
    text.put(is_cut ? parts[i] + " " + parts[i + 1] : parts[i]);
    to.push_back(text.done());
  }
}

} // namespace

std::string clock_text(std::int64_t utc_us) {
  return messages::points::utc_text(utc_us).substr(clock_begin, clock_length);
}

line more_row(const paper& on, std::size_t more) {
  return row(on.columns, *on.signs)
      .space()
      .put(fmt::format("and {} more", more), style::label)
      .done();
}

line rule_line(const paper& on, std::string_view title, style look) {
  row text(on.columns, *on.signs);
  text.to(2, style::rule, on.signs->horizontal).space().put(title, look).space();
  return text.to(on.columns, style::rule, on.signs->horizontal).done();
}

line title_line(const paper& on, const picture& of, const choice& chosen) {
  auto right = fmt::format("{} UTC ", clock_text(of.utc_us));
  if (chosen.is_paused) right = "paused   " + right;
  row text(on.columns, *on.signs);
  text.put(" voltaic ", style::title).put(of.site, style::title).put("   ", style::title);
  const auto failed = failed_text(of.processes);
  if (!failed.empty()) text.put(fmt::format(" {} ", failed), style::alarm);
  if (!of.alarms.empty())
    text.put(fmt::format(" {} ", racks_text(of.alarms)), look_of(of.alarms.front()));
  else if (failed.empty())
    text.put("no alarms", style::title);
  return text.to(on.columns - columns_of(right), style::title).put(right, style::title).done();
}

std::vector<line> equipment_lines(const paper& on, const picture& of, std::size_t lines) {
  if (lines < 2 || of.equipment.empty()) return {};
  std::vector<line> result{rule_line(on, "equipment")};
  const bool is_cut = of.equipment.size() > lines - 1;
  const auto shown = is_cut ? lines - 2 : of.equipment.size();
  for (std::size_t i = 0; i < shown; ++i) result.push_back(equipment_row(on, of.equipment[i]));
  if (is_cut) result.push_back(more_row(on, of.equipment.size() - shown));
  return result;
}

std::vector<line> machinery_lines(const paper& on, const picture& of, std::size_t lines) {
  if (lines < 2) return {};
  // What is not well is shown first: it may be all that there is room for.
  auto processes = of.processes;
  std::stable_partition(processes.begin(), processes.end(),
                        [](const auto& one) { return one.state != "running"; });
  auto links = of.links;
  std::stable_partition(links.begin(), links.end(), [](const auto& one) { return !one.is_well; });
  const int links_begin = machinery_columns(on.columns).links;
  row rule(on.columns, *on.signs);
  rule.to(2, style::rule, on.signs->horizontal).space().put("processes", style::strong).space();
  const int figures = links_begin - 4 - died_width - cpu_width - memory_width;
  rule.to(figures, style::rule, on.signs->horizontal);
  rule.right("died", died_width + 1, style::label).right("cpu %", cpu_width, style::label);
  rule.right("MB", memory_width, style::label).space();
  rule.to(links_begin - 1, style::rule, on.signs->horizontal).space();
  rule.put("links", style::strong).space().to(on.columns, style::rule, on.signs->horizontal);
  std::vector<line> result{rule.done()};
  const auto wanted = std::max(processes.size(), links.size());
  const bool is_cut = wanted > lines - 1;
  const auto shown = is_cut ? lines - 2 : wanted;
  for (std::size_t i = 0; i < shown; ++i)
    result.push_back(machinery_row(on, i < processes.size() ? &processes[i] : nullptr,
                                   i < links.size() ? &links[i] : nullptr));
  if (!is_cut) return result;
  row more(on.columns, *on.signs);
  const auto count = [](std::size_t all, std::size_t seen, std::string_view what) {
    const auto rest = all - std::min(all, seen);
    return rest == 0 ? ""
                     : fmt::format("{} {}{}", rest, what,
                                   rest == 1             ? ""
                                   : what.ends_with('s') ? "es"
                                                         : "s");
  };
  const auto hidden_processes = count(processes.size(), shown, "process");
  const auto hidden_links = count(links.size(), shown, "link");
  more.space().put(
      fmt::format("and {}{}{} more: key 2", hidden_processes,
                  hidden_processes.empty() || hidden_links.empty() ? "" : ", ", hidden_links),
      style::label);
  result.push_back(more.done());
  return result;
}

std::vector<line> event_lines(const paper& on, const picture& of, std::size_t lines) {
  if (lines < 2 || of.events.empty()) return {};
  std::vector<line> result{rule_line(on, "events")};
  for (auto one = of.events.rbegin(); one != of.events.rend() && result.size() < lines; ++one) {
    const auto room = std::min(lines - result.size(), overview_event_lines);
    append_event(result, on, *one, room);
  }
  return result;
}

std::vector<line> all_event_lines(const paper& on, const picture& of) {
  if (of.events.empty()) return {};
  std::vector<line> result{rule_line(on, "events")};
  for (auto one = of.events.rbegin(); one != of.events.rend(); ++one)
    append_event(result, on, *one, std::numeric_limits<std::size_t>::max());
  return result;
}

std::vector<line> all_machinery_lines(const paper& on, const picture& of) {
  auto heading = process_heading(on);
  heading.space(2).left("up", 8, style::label).put("last end", style::label);
  std::vector<line> result{heading.done()};
  for (const auto& one : of.processes) {
    row text(on.columns, *on.signs);
    put_process(text, one, on);
    text.space(2).left(uptime_text(one.uptime_s), 8).put(one.last_exit);
    result.push_back(text.done());
  }
  result.push_back(rule_line(on, "links"));
  for (const auto& one : of.links) {
    row text(on.columns, *on.signs);
    text.space();
    put_link(text, one, *on.signs);
    result.push_back(text.done());
  }
  return result;
}

std::vector<line> help_lines(const paper& on, const std::string& quit_means) {
  const std::pair<std::string_view, std::string> keys[] = {
      {"up down  j k", "choose a rack, or scroll"},
      {"PgUp PgDn", "by ten"},
      {"Home End  g G", "to the first, to the last"},
      {"Tab  1 2 3", "overview, processes and links, alarms explained and events"},
      {"p  Space", "pause the picture; the site goes on"},
      {"?  h", "this page"},
      {"q  Ctrl-C", quit_means}};
  std::vector<line> result{rule_line(on, "keys")};
  for (const auto& [which, meaning] : keys)
    result.push_back(
        row(on.columns, *on.signs).space(2).left(which, 16, style::strong).put(meaning).done());
  result.push_back(rule_line(on, "signs"));
  const std::string_view signs[] = {
      "12:3 is the cell at index 3 of module 12; both count from 0.",
      "The strip has all cells of the chosen rack, from the lowest value to the",
      "highest; a sign for several cells shows the one farthest from the middle.",
      "? is a cell, and - a number, that is missing or not good; ! a rack with alarms.",
      "A current is positive when it discharges."};
  for (const auto text : signs)
    result.push_back(row(on.columns, *on.signs).space(2).put(text, style::plain).done());
  return result;
}

} // namespace voltaic::nodes::view
