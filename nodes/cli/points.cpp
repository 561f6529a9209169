#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "messages/points/output.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

constexpr std::chrono::seconds collect_timeout{5};

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
  if (!point.received) return "-";
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

exit_code show(const options& given) {
  const auto found = find_running_site(given.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  auto connection = site_connection::open(std::get<running_site>(found));
  const auto view = connection
                        ? (*connection)->collect(std::get<running_site>(found), collect_timeout)
                        : messages::expected<site_view>(connection.error());
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

action declare_points(CLI::App& app) {
  auto given = std::make_shared<options>();
  app.add_option("POINT", given->patterns, "Names, channels or patterns; none: every point")
      ->type_name("POINT");
  app.add_option("--site", given->file, "Site file, where several sites run")->type_name("FILE");
  app.add_flag("--json", given->as_json, "One JSON object a line");
  return [given] { return show(*given); };
}

} // namespace voltaic::nodes::cli
