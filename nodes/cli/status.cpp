#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nodes/cli/site_view.hpp"
#include "nodes/cli/status_line.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/simulator/stop_signal.hpp"
#include "nodes/view/bus_sum.hpp"

namespace voltaic::nodes::cli {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr auto collect_timeout = 2s;

struct options {
  std::string file;
  bool as_json = false;
  bool with_actors = false;
  bool watching = false;
  bool relay_alone = false;
};

ordered_json to_json(const messages::actor_health& actor, const std::string& state) {
  return {{"name", actor.name},
          {"kind", actor.kind},
          {"state", state},
          {"restarts", actor.restarts},
          {"incarnation", actor.incarnation},
          {"progress", actor.progress}};
}

ordered_json to_json(const messages::bus_health& bus) {
  return {{"name", bus.name},
          {"kind", bus.kind},
          {"state", bus.state},
          {"bitrate", bus.bitrate},
          {"load_percent", std::round(bus.load_percent * 10) / 10},
          {"rx", bus.rx},
          {"tx", bus.tx},
          {"errors", bus.errors},
          {"rx_overflow", bus.rx_overflow},
          {"bus_off", bus.bus_off},
          {"transmit_errors", bus.transmit_errors},
          {"receive_errors", bus.receive_errors},
          {"unknown_ids", bus.unknown_ids < 0 ? ordered_json() : ordered_json(bus.unknown_ids)},
          {"tx_dropped", bus.tx_dropped},
          {"trouble", bus.trouble},
          {"babbler", bus.babbler},
          {"babbler_rate", bus.babbler_rate},
          {"last_error", bus.last_error}};
}

ordered_json to_json(const messages::line_health& line) {
  return {{"name", line.name},
          {"kind", line.kind},
          {"state", line.state},
          {"timeouts", line.timeouts},
          {"crc_errors", line.crc_errors},
          {"exceptions", line.exceptions},
          {"bad_answers", line.bad_answers},
          {"strays", line.strays},
          {"overruns", line.overruns},
          {"requests", line.requests},
          {"reconnects", line.reconnects},
          {"bytes_sent", line.bytes_sent},
          {"bytes_received", line.bytes_received},
          {"error_percent", std::round(line.error_percent * 10) / 10}};
}

ordered_json process_of(const json& node) {
  ordered_json result;
  for (const auto* key :
       {"name", "pid", "state", "restarts", "uptime_s", "cpu_percent", "rss_kb", "last_exit"})
    result[key] = node.value(key, json());
  result["actors"] = ordered_json::array();
  return result;
}

// The supervisor knows processes, health knows what is inside of them.
ordered_json merged(const json& supervised, const site_view* seen) {
  const bool has_supervisor = is_supervised(supervised);
  auto nodes = ordered_json::array();
  std::map<std::string, messages::bus_health> buses;
  auto lines = ordered_json::array(); // each belongs to one node
  for (const auto& supervised_node : supervised["nodes"]) {
    auto node = process_of(supervised_node);
    const auto name = node.value("name", "");
    const auto health = seen == nullptr ? decltype(seen->health.end()){} : seen->health.find(name);
    if (seen != nullptr && health != seen->health.end()) {
      node["real_time"] = health->second.real_time;
      // Without its process the last that a node said of its actors is not true any more.
      const bool is_there =
          has_supervisor ? node.value("pid", 0) > 0 : node.value("state", "") == "running";
      for (const auto& actor : health->second.actors) {
        node["actors"].push_back(to_json(actor, is_there ? actor.state : node.value("state", "")));
        if (actor.state != "running" && node["state"] == "running") node["state"] = "degraded";
      }
      for (const auto& bus : health->second.buses) {
        const auto [known, is_new] = buses.try_emplace(bus.name, bus);
        if (!is_new) view::add(known->second, bus);
      }
      for (const auto& line : health->second.lines) lines.push_back(to_json(line));
    }
    nodes.push_back(std::move(node));
  }
  auto bus_list = ordered_json::array();
  for (const auto& [name, bus] : buses) bus_list.push_back(to_json(bus));
  return {{"site", supervised["site"]}, {"nodes", nodes}, {"buses", bus_list}, {"lines", lines}};
}

// "42 s", "17 min", "5.2 h", "12.3 d": short, so that columns hold.
std::string uptime_text(std::int64_t seconds) {
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  const auto in = [&](std::int64_t unit) {
    return static_cast<double>(seconds) / static_cast<double>(unit);
  };
  if (seconds < 2 * minute) return fmt::format("{} s", seconds);
  if (seconds < 2 * hour) return fmt::format("{} min", seconds / minute);
  return seconds < 2 * day ? fmt::format("{:.1f} h", in(hour)) : fmt::format("{:.1f} d", in(day));
}

void print_actors(const ordered_json& node) {
  for (const auto& actor : node["actors"])
    fmt::print("  {:<24} {:<14} {:<9} {:>8} restarts {:>12} steps\n", actor.value("name", ""),
               actor.value("kind", ""), actor.value("state", ""), actor.value("restarts", 0),
               actor.value("progress", std::uint64_t{0}));
}

// What nobody knows is a dash: there is nobody who counts the processes of a site without a
// supervisor.
std::string figure(const ordered_json& value, const std::function<std::string(double)>& text) {
  return value.is_number() ? text(value.get<double>()) : "-";
}

void print_row(const ordered_json& node) {
  const auto last = node["last_exit"].is_string() ? node["last_exit"].get<std::string>() : "-";
  const auto whole = [](double value) { return fmt::format("{:.0f}", value); };
  // A process that is not there has no number: nobody should hand a 0 to kill.
  const auto pid = figure(node["pid"], [&](double of) { return of > 0 ? whole(of) : "-"; });
  fmt::print("{:<20} {:>8} {:<9} {:>8} {:>8} {:>6} {:>9}  {}\n", node.value("name", ""), pid,
             node.value("state", ""), figure(node["restarts"], whole),
             figure(node["uptime_s"],
                    [](double of) { return uptime_text(static_cast<std::int64_t>(of)); }),
             figure(node["cpu_percent"], [](double of) { return fmt::format("{:.1f}", of); }),
             figure(node["rss_kb"], [](double of) { return fmt::format("{:.1f} MB", of / 1024); }),
             last);
}

void print_lines(const ordered_json& lines) {
  if (lines.empty()) return;
  fmt::print("{:<16} {:<19} {:<11} {:>10} {:>8} {:>10} {:>10} {:>8}\n", "line", "kind", "state",
             "requests", "timeouts", "crc errors", "exceptions", "overruns");
  for (const auto& line : lines)
    fmt::print(
        "{:<16} {:<19} {:<11} {:>10} {:>8} {:>10} {:>10} {:>8}\n", line.value("name", ""),
        line.value("kind", ""), line.value("state", ""), line.value("requests", std::uint64_t{0}),
        line.value("timeouts", std::uint64_t{0}), line.value("crc_errors", std::uint64_t{0}),
        line.value("exceptions", std::uint64_t{0}), line.value("overruns", std::uint64_t{0}));
}

// `others` are the buses and simulators that the site brought along.
void print_table(const ordered_json& status, const json& others, bool with_actors) {
  fmt::print("site {}\n", status.value("site", ""));
  fmt::print("{:<20} {:>8} {:<9} {:>8} {:>8} {:>6} {:>9}  {}\n", "node", "pid", "state", "restarts",
             "uptime", "cpu %", "memory", "last exit");
  for (const auto& node : status["nodes"]) {
    print_row(node);
    if (with_actors) print_actors(node);
  }
  for (const auto& other : others) print_row(process_of(other));
  if (!status["buses"].empty())
    fmt::print("{:<16} {:<8} {:<13} {:>10} {:>7} {:>11} {:>11} {:>7}\n", "bus", "kind", "state",
               "bit/s", "load %", "received", "sent", "lost");
  for (const auto& bus : status["buses"])
    fmt::print("{:<16} {:<8} {:<13} {:>10} {:>7.1f} {:>11} {:>11} {:>7}\n", bus.value("name", ""),
               bus.value("kind", ""), bus.value("state", ""), bus.value("bitrate", 0),
               bus.value("load_percent", 0.0), bus.value("rx", std::uint64_t{0}),
               bus.value("tx", std::uint64_t{0}), bus.value("rx_overflow", std::uint64_t{0}));
  print_lines(status["lines"]);
}

exit_code show(const options& given) {
  std::optional<simulator::stop_signal> stop;
  if (given.watching) stop.emplace(0); // before any thread
  auto found = find_running_site(given.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  auto& site = std::get<running_site>(found);
  if (given.relay_alone) {
    fmt::print("{}\n", site.relay);
    return exit_code::done;
  }
  const auto whole = [](const json& supervised, const site_view* seen) {
    return merged(supervised, seen).dump();
  };
  if (given.watching && given.as_json)
    return print_each_second(given.file, std::move(site), *stop, whole);
  if (given.watching) return print_each_second(given.file, std::move(site), *stop);
  auto connection = site_connection::open(site);
  const auto view = connection ? (*connection)->collect(site, collect_timeout)
                               : messages::expected<site_view>(connection.error());
  if (!view) fmt::print(stderr, "voltaic status: {}\n", view.error().text);
  const auto* seen = view ? &*view : nullptr;
  const auto status = merged(status_of(site, seen), seen);
  if (given.as_json)
    fmt::print("{}\n", status.dump());
  else
    print_table(status, site.status.value("processes", json::array()), given.with_actors);
  if (seen != nullptr && !given.as_json)
    for (const auto& line : staged_configurations(seen->points)) fmt::print("{}\n", line);
  return exit_code::done;
}

} // namespace

action declare_status(command_options& app) {
  auto given = std::make_shared<options>();
  declare_site_option(app, given->file);
  app.add_flag("--actors", given->with_actors, "With the actors of each node");
  app.add_flag("--json", given->as_json, "One JSON object, with everything");
  app.add_flag("--relay", given->relay_alone,
               "Print only the address that programs listen to, see docs/open-bus.md");
  app.add_flag("--watch", given->watching, "One short line each second; with --json one object");
  return [given] { return show(*given); };
}

} // namespace voltaic::nodes::cli
