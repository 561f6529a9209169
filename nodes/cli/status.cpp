#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "messages/points/output.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto collect_timeout = 2s;

json to_json(const messages::actor_health& actor) {
  return {{"name", actor.name},
          {"kind", actor.kind},
          {"state", actor.state},
          {"restarts", actor.restarts},
          {"incarnation", actor.incarnation},
          {"progress", actor.progress}};
}

json to_json(const messages::bus_health& bus) {
  return {{"name", bus.name},
          {"kind", bus.kind},
          {"state", bus.state},
          {"bitrate", bus.bitrate},
          {"load_percent", bus.load_percent},
          {"rx", bus.rx},
          {"tx", bus.tx},
          {"errors", bus.errors},
          {"rx_overflow", bus.rx_overflow},
          {"bus_off", bus.bus_off}};
}

// Several nodes look at one bus: each sees what the others send, its own
// sending and its own losses are its alone.
void merge(messages::bus_health& known, const messages::bus_health& other) {
  known.load_percent = std::max(known.load_percent, other.load_percent);
  known.rx = std::max(known.rx, other.rx);
  known.tx += other.tx;
  known.errors = std::max(known.errors, other.errors);
  known.rx_overflow += other.rx_overflow;
  known.bus_off = std::max(known.bus_off, other.bus_off);
  if (known.state == "error-active") known.state = other.state;
}

// The supervisor knows processes, health knows what is inside of them.
json merged(const json& supervised, const site_view* view) {
  json nodes = json::array();
  std::map<std::string, messages::bus_health> buses;
  for (auto node : supervised["nodes"]) {
    node["actors"] = json::array();
    const auto name = node.value("name", "");
    const auto health = view == nullptr ? decltype(view->health.end()){} : view->health.find(name);
    if (view != nullptr && health != view->health.end()) {
      for (const auto& actor : health->second.actors) {
        node["actors"].push_back(to_json(actor));
        if (actor.state != "running" && node["state"] == "running") node["state"] = "degraded";
      }
      for (const auto& bus : health->second.buses) {
        const auto [known, is_new] = buses.try_emplace(bus.name, bus);
        if (!is_new) merge(known->second, bus);
      }
    }
    nodes.push_back(std::move(node));
  }
  json bus_list = json::array();
  for (const auto& [name, bus] : buses) bus_list.push_back(to_json(bus));
  return {{"site", supervised["site"]}, {"nodes", nodes}, {"buses", bus_list}};
}

void print_row(const json& node) {
  const auto last = node["last_exit"].is_string() ? node["last_exit"].get<std::string>() : "";
  fmt::print("{:<16} {:>8} {:<9} {:>8} {:>6} s {:>6.1f} {:>8}  {}\n", node.value("name", ""),
             node.value("pid", 0), node.value("state", ""), node.value("restarts", 0),
             node.value("uptime_s", 0), node.value("cpu_percent", 0.0), node.value("rss_kb", 0),
             last);
}

// `others` are the buses and simulators that the site brought along.
void print_table(const json& status, const json& others) {
  fmt::print("site {}\n", status.value("site", ""));
  fmt::print("{:<16} {:>8} {:<9} {:>8} {:>8} {:>6} {:>8}  {}\n", "node", "pid", "state", "restarts",
             "uptime", "cpu %", "rss kB", "last exit");
  for (const auto& node : status["nodes"]) print_row(node);
  for (const auto& other : others) print_row(other);
  for (const auto& bus : status["buses"])
    fmt::print("bus {:<10} {} {} {} bit/s, load {:.1f} %, {} received, {} sent\n",
               bus.value("name", ""), bus.value("kind", ""), bus.value("state", ""),
               bus.value("bitrate", 0), bus.value("load_percent", 0.0), bus.value("rx", 0UL),
               bus.value("tx", 0UL));
}

std::string figure(const messages::points::point_table& points, const std::string& name) {
  const auto found = points.find(name);
  if (!found) return "-";
  const auto mark = found->quality == messages::quality::good ? "" : "!";
  return messages::points::value_text(*found) + mark;
}

// "rack_0 closed 3.298..3.301 V soc 50.0 % 0.0 A | rack_1 ..."; a "!" marks
// what is not good.
std::string status_line(const json& supervised, const site_view* view) {
  std::string line;
  if (view != nullptr)
    for (const auto& point : view->points.select({"*/contactor"})) {
      const auto rack = point.description.name.substr(0, point.description.name.find('/'));
      const auto of = [&](const char* name) { return figure(view->points, rack + "/" + name); };
      line += fmt::format("{}{} {} {}..{} V soc {} % {} A", line.empty() ? "" : " | ", rack,
                          of("contactor"), of("cell_voltage_min"), of("cell_voltage_max"),
                          of("soc"), of("current"));
    }
  std::string troubled;
  for (const auto& node : supervised["nodes"])
    if (node.value("state", "") != "running")
      troubled += fmt::format(" {} {}", node.value("name", ""), node.value("state", ""));
  if (line.empty()) line = fmt::format("{} nodes", supervised["nodes"].size());
  return fmt::format("{}{}", line, troubled.empty() ? "" : " |" + troubled);
}

exit_code watch(const std::string& file, running_site site) {
  auto connection = site_connection::open(site);
  while (true) {
    const auto view = connection ? (*connection)->collect(collect_timeout)
                                 : messages::expected<site_view>(connection.error());
    fmt::print("{}\n", status_line(site.status, view ? &*view : nullptr));
    std::fflush(stdout);
    std::this_thread::sleep_for(1s);
    auto again = find_running_site(file);
    if (const auto* code = std::get_if<exit_code>(&again)) return *code;
    site = std::get<running_site>(std::move(again));
  }
}

exit_code show(const std::string& file, bool as_json, bool watching) {
  auto found = find_running_site(file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  auto& site = std::get<running_site>(found);
  if (watching) return watch(file, std::move(site));
  auto connection = site_connection::open(site);
  const auto view = connection ? (*connection)->collect(collect_timeout)
                               : messages::expected<site_view>(connection.error());
  if (!view) fmt::print(stderr, "voltaic status: {}\n", view.error().text);
  const auto status = merged(site.status, view ? &*view : nullptr);
  if (as_json)
    fmt::print("{}\n", status.dump());
  else
    print_table(status, site.status.value("processes", json::array()));
  return exit_code::done;
}

} // namespace

action declare_status(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  auto watching = std::make_shared<bool>(false);
  app.add_option("--site", *file, "Site file, where several sites run");
  app.add_flag("--json", *as_json, "One JSON object");
  app.add_flag("--watch", *watching, "One short line each second");
  return [file, as_json, watching] { return show(*file, *as_json, *watching); };
}

} // namespace voltaic::nodes::cli
