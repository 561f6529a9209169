#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "chaos/live_site.hpp"

namespace system_points_test {

using namespace chaos;

namespace {

bool all_of_quality(const std::map<std::string, json>& points, const std::string& quality) {
  return !points.empty() && std::ranges::all_of(points, [&](const auto& entry) {
    return entry.second["quality"] == quality;
  });
}

/// Kills the node; true once its next life tells how often it was started again.
bool kill_and_see(const live_site& site, const std::string& node, int restarts) {
  ::kill(site.pid_of(node), SIGKILL);
  return eventually([&] {
    const auto seen = site.points("system/node/" + node + "/*");
    const auto found = seen.find("system/node/" + node + "/restarts");
    return found != seen.end() && found->second.value("value", json()) == restarts &&
           all_of_quality(seen, "good");
  });
}

} // namespace

TEST_CASE("nodes and links are points, and stale when nobody speaks for them") {
  live_site site(live_site::equipment::all);
  site.add("[supervision]\nrestarts_max = 1\n");
  site.up();
  for (const auto* node : {"relay", "site", "rack_0", "rack_1"}) {
    INFO(node);
    const auto of = "system/node/" + std::string(node);
    std::map<std::string, json> seen;
    CHECK(eventually([&] {
      seen = site.points(of + "/*");
      return seen.size() == 6 && all_of_quality(seen, "good");
    }));
    CHECK(seen[of + "/rss"].value("value", 0.0) > 1);
    CHECK(seen[of + "/restarts"].value("value", -1.0) == 0);
  }
  for (const auto* link : {"can0", "meter_line", "hvac_line", "inverter_line"}) {
    INFO(link);
    const auto of = "system/link/" + std::string(link);
    std::map<std::string, json> seen;
    CHECK(eventually([&] {
      seen = site.points(of + "/*");
      return all_of_quality(seen, "good") && seen[of + "/bytes"].value("value", json()) > 100;
    }));
    CHECK(seen.size() == (of.ends_with("can0") ? 5u : 4u));
    const auto state = seen[of + "/state"].value("value", "");
    CHECK(state == (of.ends_with("can0") ? "error-active" : "connected"));
  }

  REQUIRE(kill_and_see(site, "rack_1", 1));
  ::kill(site.pid_of("rack_1"), SIGKILL);
  REQUIRE(site.wait_for_state("rack_1", "failed"));
  CHECK(eventually([&] { return all_of_quality(site.points("system/node/rack_1/*"), "stale"); }));
  CHECK(all_of_quality(site.points("system/node/rack_0/*"), "good"));
  // Its bus is still looked at by another.
  CHECK(all_of_quality(site.points("system/link/can0/*"), "good"));
  CHECK(eventually([&] {
    const auto seen = site.points("system/warnings");
    return seen.size() == 1 &&
           seen.begin()->second.value("missing", json()).dump() == R"(["rack_1"])";
  }));
}

} // namespace system_points_test
