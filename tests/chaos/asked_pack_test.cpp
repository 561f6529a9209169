#include <signal.h>

#include <catch2/catch.hpp>

#include "chaos/live_site.hpp"

// A battery that says nothing by itself, simulated in a process of its own, and connected by
// nothing but its profile.
namespace asked_pack_test {

using namespace chaos;

namespace {

constexpr const char* site_text = R"([site]
name = "uds_pack"
[[bus]]
name = "can0"
port = "virtual:can0"
[[device]]
name = "vehicle_battery"
profile = "profiles/kona_uds.json"
bus = "can0"
simulate = "pack"
[simulator]
)";

bool all_are(const live_site& site, const std::string& quality) {
  const auto seen = site.points("vehicle_battery/*");
  if (seen.size() < 6) return false;
  for (const auto& [name, point] : seen)
    if (point.value("quality", "") != quality) return false;
  return true;
}

} // namespace

TEST_CASE("a pack that answers only UDS requests is connected by its profile alone") {
  live_site site;
  site.write(site_text);
  site.up();
  REQUIRE(eventually([&] { return all_are(site, "good"); }, 30s));
  const auto value = [&](const std::string& name) {
    const auto seen = site.points("vehicle_battery/" + name);
    REQUIRE(seen.size() == 1);
    return seen.begin()->second;
  };
  // The middle of what is valid, which the simulated pack says of itself.
  CHECK(value("soc").value("value", 0.0) == Approx(50));
  CHECK(value("voltage").value("value", 0.0) == Approx(325));
  CHECK(value("current").value("value", -1.0) == Approx(0));
}

} // namespace asked_pack_test
