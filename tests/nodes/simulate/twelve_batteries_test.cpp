#include <catch2/catch.hpp>

#include <cstdint>

#include "nodes/simulate/simulated_site.hpp"
#include "support/gap_watch.hpp"
#include "support/played_rows.hpp"

namespace twelve_batteries_test {

using namespace voltaic;

namespace {

void pass(nodes::simulate::simulated_site& site, std::int64_t seconds) {
  const auto end_us = site.now().monotonic_us + seconds * messages::us_per_s;
  while (site.now().monotonic_us < end_us) {
    site.step();
    static_cast<void>(site.take_messages());
  }
}

} // namespace

TEST_CASE("every point of twelve batteries of three languages comes good and at its period") {
  const auto plan = tests::site_of_configs("twelve_batteries");
  tests::gap_watch watch;
  nodes::simulate::simulated_site_options how;
  how.tap = &watch;
  nodes::simulate::simulated_site site(plan, how);
  site.leave_points();
  pass(site, 10);
  watch.begin(site.now().monotonic_us);
  pass(site, 60);
  std::size_t devices = 0;
  for (const auto& each : watch.all(site.now().monotonic_us)) {
    if (plan.find_device(each.owner) == nullptr) continue;
    ++devices;
    INFO(each.point);
    CHECK(each.was_good);
    CHECK(each.longest_us <= each.period_ms * messages::us_per_ms * 3 / 2);
  }
  CHECK(devices > plan.devices.size());
}

TEST_CASE("a point that is left out for a while is a gap to whoever watches") {
  const auto plan = tests::site_of_configs("canopen_pack");
  tests::gap_watch watch;
  nodes::simulate::simulated_site_options how;
  how.tap = &watch;
  nodes::simulate::simulated_site site(plan, how);
  pass(site, 10);
  watch.begin(site.now().monotonic_us);
  REQUIRE(site.set(nodes::simulate::equipment_overlay{
      "bms_0", "", std::nullopt, actors::simulator::equipment_effect::silent, 0}));
  pass(site, 5);
  bool has_gap = false;
  for (const auto& each : watch.all(site.now().monotonic_us))
    if (each.owner == "bms_0") has_gap = has_gap || !each.was_good || each.longest_us > 3'000'000;
  CHECK(has_gap);
}

} // namespace twelve_batteries_test
