#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "messages/points/output.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

namespace {

constexpr std::chrono::seconds collect_timeout{5};
// A relay that began this short ago may not have heard every catalogue again.
constexpr std::int64_t fresh_relay_s = 5;
constexpr std::chrono::seconds fresh_relay_bound{5};
constexpr std::chrono::milliseconds look_period{200};

struct options {
  std::vector<std::string> patterns;
  std::string file;
  bool as_json = false;
};

std::string shown_name(const messages::points::point_state& point) {
  const auto& about = point.description;
  return about.count > 1 ? fmt::format("{}[{}]", about.name, about.count) : about.name;
}

std::string shown_age(const messages::points::point_state& point, std::int64_t now_us) {
  if (!messages::points::has_age(point)) return "-";
  return fmt::format("{:.1f} s", static_cast<double>(now_us - point.source_time.utc_us) / 1e6);
}

void print_table(const std::vector<messages::points::point_state>& points, std::int64_t now_us) {
  std::size_t name_width = 0;
  std::size_t value_width = 0;
  for (const auto& point : points) {
    name_width = std::max(name_width, shown_name(point).size());
    value_width = std::max(value_width, messages::points::values_text(point).size());
  }
  for (const auto& point : points)
    fmt::print("{:<{}}  {:>{}} {:<5} {:<9} {:>8}\n", shown_name(point), name_width,
               messages::points::values_text(point), value_width, point.description.unit,
               to_string(point.quality), shown_age(point, now_us));
}

// What no point fits is said by name: a script sees it in the exit code alone.
void complain(const site_view& view, const std::vector<std::string>& patterns) {
  for (const auto& pattern : patterns)
    if (view.points.select({pattern}).empty())
      fmt::print(stderr, "voltaic points: no point is called {}{}\n", pattern,
                 suggestion(view, pattern));
  if (patterns.empty()) fmt::print(stderr, "voltaic points: the site has no points\n");
}

bool has_fresh_relay(const running_site& site) {
  for (const auto& node : site.status["nodes"])
    if (node.value("name", "") == site::relay_node)
      return node.value("uptime_s", std::int64_t{0}) < fresh_relay_s;
  return false;
}

bool knows_all(const site_view& view, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return !view.points.select({}).empty();
  return std::ranges::all_of(
      patterns, [&](const auto& pattern) { return !view.points.select({pattern}).empty(); });
}

// What a relay has not heard yet after its restart is waited for, within a bound.
messages::expected<site_view> look(const running_site& site,
                                   const std::vector<std::string>& patterns) {
  auto connection = site_connection::open(site);
  if (!connection) return connection.error();
  const auto end = std::chrono::steady_clock::now() + fresh_relay_bound;
  auto view = (*connection)->collect(site, collect_timeout);
  while (view && has_fresh_relay(site) && !knows_all(*view, patterns) &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(look_period);
    view = (*connection)->collect(site, collect_timeout);
  }
  if (view && has_fresh_relay(site) && view->points.select({}).empty())
    return messages::failure{"the relay has just started and knows no points yet, ask again"};
  return view;
}

exit_code show(const options& given) {
  const auto found = find_running_site(given.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto view = look(std::get<running_site>(found), given.patterns);
  if (!view) {
    fmt::print(stderr, "voltaic points: {}\n", view.error().text);
    return exit_code::no_site;
  }
  const auto selected = view->points.select(given.patterns);
  const auto now_us = utc_now_us();
  if (given.as_json)
    for (const auto& point : selected)
      fmt::print("{}\n", messages::points::point_line(point, now_us));
  else
    print_table(selected, now_us);
  if (selected.empty() || !given.patterns.empty()) complain(*view, given.patterns);
  return selected.empty() ? exit_code::findings : exit_code::done;
}

} // namespace

action declare_points(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("POINT", given->patterns, "Names, channels or patterns; none: every point")
      .type_name("POINT");
  declare_site_option(app, given->file);
  app.add_flag("--json", given->as_json, "One JSON object a line");
  return [given] { return show(*given); };
}

} // namespace voltaic::nodes::cli
