#include <fmt/format.h>

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

void print_row(const messages::points::point_state& point) {
  const auto& about = point.description;
  if (about.count > 1)
    fmt::print("{:<40} {:>12} {:<5} {}\n", fmt::format("{}[{}]", about.name, about.count),
               messages::points::value_text(point, 0) + " ...", about.unit,
               to_string(point.quality));
  else
    fmt::print("{:<40} {:>12} {:<5} {}\n", about.name, messages::points::value_text(point),
               about.unit, to_string(point.quality));
}

exit_code show(const options& given) {
  const auto found = find_running_site(given.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  auto connection = site_connection::open(std::get<running_site>(found));
  const auto view = connection ? (*connection)->collect(collect_timeout)
                               : messages::expected<site_view>(connection.error());
  if (!view) {
    fmt::print(stderr, "voltaic points: {}\n", view.error().text);
    return exit_code::no_site;
  }
  const auto selected = view->points.select(given.patterns);
  const auto now_us = utc_now_us();
  for (const auto& point : selected)
    if (given.as_json)
      fmt::print("{}\n", messages::points::point_line(point, now_us));
    else
      print_row(point);
  return selected.empty() ? exit_code::findings : exit_code::done;
}

} // namespace

action declare_points(CLI::App& app) {
  auto given = std::make_shared<options>();
  app.add_option("GLOB", given->patterns, "Names, channels or patterns; none: every point");
  app.add_option("--site", given->file, "Site file, where several sites run");
  app.add_flag("--json", given->as_json, "One JSON object a line");
  return [given] { return show(*given); };
}

} // namespace voltaic::nodes::cli
