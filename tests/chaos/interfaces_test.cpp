#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "chaos/device_bench.hpp"
#include "chaos/live_site.hpp"

namespace interfaces_test {

using namespace chaos;

// What programs read from the command line: keys and their order, exit codes.
namespace {

using nlohmann::ordered_json;
using words = std::vector<std::string>;

words keys_of(const ordered_json& object) {
  words keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

ordered_json first_line(const answer& said) {
  INFO(said.output << said.errors);
  auto parsed = ordered_json::parse(said.output.substr(0, said.output.find('\n')), nullptr, false);
  REQUIRE(parsed.is_object());
  return parsed;
}

} // namespace

TEST_CASE("status, points, set and events tell programs the keys that are promised, in order") {
  live_site site;
  site.up();
  REQUIRE(eventually([&] { return site.good("rack_0"); }));

  const auto status = first_line(site.voltaic({"status", "--json"}));
  CHECK(keys_of(status) == words{"site", "nodes", "buses", "lines"});
  for (const auto& node : status["nodes"]) {
    CHECK(keys_of(node) == words{"name", "pid", "state", "restarts", "uptime_s", "cpu_percent",
                                 "rss_kb", "last_exit", "actors", "real_time"});
    CHECK(node["last_exit"].is_null());
    CHECK(node["rss_kb"] > 0);
    for (const auto& actor : node["actors"])
      CHECK(keys_of(actor) ==
            words{"name", "kind", "state", "restarts", "incarnation", "progress"});
  }
  REQUIRE(status["buses"].size() == 1);
  const auto& bus = status["buses"][0];
  CHECK(keys_of(bus) == words{"name", "kind", "state", "bitrate", "load_percent", "rx", "tx",
                              "errors", "rx_overflow", "bus_off", "transmit_errors",
                              "receive_errors", "unknown_ids", "tx_dropped", "trouble", "babbler",
                              "babbler_rate", "last_error"});
  CHECK(bus["bitrate"] == 500'000);

  const auto point = first_line(site.voltaic({"points", "rack_0/cell_voltage", "--json"}));
  CHECK(keys_of(point) ==
        words{"point", "channel", "unit", "quality", "source_time", "age_ms", "count", "values"});
  CHECK(point["values"].size() == 480);

  const auto set = first_line(site.voltaic({"set", "rack_0/charge_current_limit", "50", "--json"}));
  CHECK(keys_of(set) == words{"id", "point", "requested", "read_back", "result", "reasons", "ms"});
  CHECK(set["read_back"] == 50.0);
  CHECK(site.voltaic({"set", "rack_0/charge_current_limit", "50", "--for", "0s"}).code == 2);
  CHECK(site.voltaic({"set", "rack_0/contactor", "close", "--for", "2s"}).code == 4);

  const auto event = first_line(site.voltaic({"events", "--since", "1m", "--json"}));
  const auto keys = keys_of(event);
  CHECK(words(keys.begin(), keys.begin() + 4) == words{"utc", "node", "boot", "id"});
  CHECK(keys.back() == "text");
  CHECK_FALSE(event["text"].get<std::string>().empty());
  CHECK(site.voltaic({"points", "nothing*", "--json"}).code == 1);
}

TEST_CASE("check prints the plan, or every finding with its place") {
  const live_site site;
  const auto plan = site.voltaic({"check", site.file()});
  INFO(plan.output << plan.errors);
  CHECK(plan.code == 0);
  for (const auto* part : {"\nnodes\n", "\nbuses\n", "\npoints\n", "rack_0/protection",
                           "bit/s, load", "rack_1/cell_voltage_min_index", "reaction"})
    CHECK(plan.output.find(part) != std::string::npos);
  site.add("[supervision]\nwedge_safety = 300\n");
  const auto refused = site.voltaic({"check", site.file()});
  INFO(refused.output << refused.errors);
  CHECK(refused.code == 1);
  const auto said = refused.output + refused.errors;
  std::ifstream file(site.file());
  const auto last_line = std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  CHECK(said.find(fmt::format("demo.toml:{}:16: wedge_safety: ", last_line)) != std::string::npos);
}

TEST_CASE("F-013: voltaic run exits 7 and says why when one of its nodes cannot live") {
  const live_site site;
  const device_bench devices(site);
  std::filesystem::create_directories(site.state_folder() + "/rack_1.journal/in_the_way");
  const auto said = site.voltaic({"run", site.file(), "--no-simulator", "--for", "2s"}, 30s);
  INFO(said.output << said.errors);
  CHECK(said.code == 7);
  CHECK(said.errors.find("rack_1.journal") != std::string::npos);
}

TEST_CASE("every subcommand has help with an example") {
  const live_site site;
  for (const auto* name :
       {"run", "up", "node", "check", "apply", "status", "points", "set", "events", "acknowledge",
        "shelve", "unshelve", "reset", "simulate", "sim", "doctor", "sniff"}) {
    const auto said = site.voltaic({name, "--help"});
    INFO(name << ": " << said.output);
    CHECK(said.code == 0);
    CHECK(said.output.find("Example:\n  voltaic " + std::string(name)) != std::string::npos);
  }
}

} // namespace interfaces_test
