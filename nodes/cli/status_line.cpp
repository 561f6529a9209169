#include "nodes/cli/status_line.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "messages/points/output.hpp"

namespace voltaic::nodes::cli {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds collect_timeout{2};
constexpr int line_period_ms = 1'000;

std::string figure(const messages::points::point_table& points, const std::string& name) {
  const auto found = points.find(name);
  if (!found) return "-";
  const auto text = messages::points::value_text(*found);
  return found->quality == messages::quality::good || text == "-" ? text : text + "!";
}

// "3.298..3.301", or "-" where neither is known.
std::string span(const std::string& least, const std::string& most) {
  return least == "-" && most == "-" ? "-" : least + ".." + most;
}

// More racks than these are counted, not named: the line shall stay one.
constexpr std::size_t racks_named_max = 4;

using points_found = std::vector<messages::points::point_state>;

// "rack_0 closed 3.298..3.301 V soc 50.0 % 0.0 A | rack_1 ..."
std::string named_racks(const points_found& contactors,
                        const messages::points::point_table& points) {
  std::string line;
  for (const auto& point : contactors) {
    const auto rack = point.description.name.substr(0, point.description.name.find('/'));
    const auto of = [&](const char* name) { return figure(points, rack + "/" + name); };
    line +=
        fmt::format("{}{} {} {} V soc {} % {} A", line.empty() ? "" : " | ", rack, of("contactor"),
                    span(of("cell_voltage_min"), of("cell_voltage_max")), of("soc"), of("current"));
  }
  return line;
}

std::string rack_of(const messages::points::point_state& point) {
  return point.description.name.substr(0, point.description.name.find('/'));
}

// The racks on which a configuration waits for approval.
points_found staged(const messages::points::point_table& points) {
  auto found = points.select({"*/configuration"});
  std::erase_if(found,
                [](const auto& point) { return point.text.find("staged") == std::string::npos; });
  return found;
}

// " rack_1 fault rack_3 configuration staged": the racks on which protection has something to say.
std::string protected_racks(const messages::points::point_table& points) {
  std::string text;
  for (const auto& point : points.select({"*/protection_level"})) {
    if (point.text.empty() || point.text == "none") continue;
    const auto& name = point.description.name;
    text += fmt::format(" {} {}", name.substr(0, name.find('/')), point.text);
  }
  for (const auto& point : staged(points))
    text += fmt::format(" {} configuration staged", rack_of(point));
  return text;
}

// "64 racks: 60 closed, 3 open, 1 unknown"
std::string counted_racks(const points_found& contactors) {
  std::map<std::string, std::size_t> states;
  for (const auto& point : contactors)
    ++states[point.quality == messages::quality::good ? point.text : "unknown"];
  auto line = fmt::format("{} racks:", contactors.size());
  for (const auto& [state, count] : states)
    line += fmt::format("{} {} {}", line.back() == ':' ? "" : ",", count, state);
  return line;
}

} // namespace

std::vector<std::string> staged_configurations(const messages::points::point_table& points) {
  std::vector<std::string> lines;
  for (const auto& point : staged(points))
    lines.push_back(fmt::format("{0}: configuration {1}, see voltaic config {0} --diff",
                                rack_of(point), point.text));
  return lines;
}

std::string status_line(const json& supervised, const site_view* view) {
  std::string line;
  if (view != nullptr) {
    const auto contactors = view->points.select({"*/contactor"});
    line = contactors.size() > racks_named_max ? counted_racks(contactors)
                                               : named_racks(contactors, view->points);
  }
  std::string troubled = view == nullptr ? std::string() : protected_racks(view->points);
  for (const auto& node : supervised["nodes"])
    if (node.value("state", "") != "running")
      troubled += fmt::format(" {} {}", node.value("name", ""), node.value("state", ""));
  if (line.empty()) line = fmt::format("{} nodes", supervised["nodes"].size());
  return fmt::format("{:%H:%M:%S} {}{}", fmt::localtime(std::time(nullptr)), line,
                     troubled.empty() ? "" : " |" + troubled);
}

exit_code print_each_second(const std::string& file, running_site site,
                            simulator::stop_signal& stop, const line_maker& make) {
  auto connection = site_connection::open(site);
  while (true) {
    const auto view = connection ? (*connection)->collect(site, collect_timeout)
                                 : messages::expected<site_view>(connection.error());
    const auto* seen = view ? &*view : nullptr;
    fmt::print("{}\n", make(status_of(site, seen), seen));
    std::fflush(stdout);
    if (stop.wait(line_period_ms)) return exit_code::done;
    if (!is_supervised(site.status)) continue; // what its file says holds, whoever is away
    auto again = find_running_site(file);
    if (const auto* code = std::get_if<exit_code>(&again)) return *code;
    site = std::get<running_site>(std::move(again));
  }
}

} // namespace voltaic::nodes::cli
