#include "nodes/simulate/simulated_site.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "actors/can_device/can_device_actor.hpp"
#include "actors/rack/rack_actor.hpp"
#include "messages/points/output.hpp"
#include "support/demo_rack.hpp"

namespace simulated_site_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::override_kind;

namespace {

/// Two racks on one bus, each with its device in a node of its own.
site::plan two_racks() {
  const auto profile = tests::demo_rack();
  site::plan plan;
  plan.buses.push_back({.name = "can0"});
  plan.nodes.push_back({.name = "relay", .kind = site::node_kind::relay});
  for (std::uint32_t i = 0; i < 2; ++i) {
    const auto rack = "rack_" + std::to_string(i);
    const auto device = "bms_" + std::to_string(i);
    plan.devices.push_back({.name = device,
                            .profile = profile,
                            .bus = "can0",
                            .id_offset = i * 0xC0,
                            .rack = rack,
                            .node = rack});
    plan.racks.push_back({.name = rack, .device = device, .node = rack});
    plan.nodes.push_back({.name = rack, .kind = site::node_kind::chain, .buses = {"can0"}});
  }
  return plan;
}

std::vector<actors::runtime::group_spec> make_groups(const site::plan& plan, const site::node& node,
                                                     const process::field_access& field) {
  std::vector<actors::runtime::group_spec> groups(1);
  for (const auto& device : plan.devices) {
    if (device.node != node.name) continue;
    groups[0].children.push_back(
        {device.name, "can_device",
         [&device, send = field.sender(device.bus)](actors::runtime::context& context) {
           return std::make_unique<actors::can_device::can_device>(
               context,
               actors::can_device::model_options{device.name, device.rack, device.id_offset,
                                                 device.profile},
               send);
         }});
    groups[0].children.push_back(
        {device.rack, "rack", [&device](actors::runtime::context& context) {
           return std::make_unique<actors::rack::rack_actor>(
               context, actors::rack::model_options{device.rack, device.name, device.profile});
         }});
  }
  return groups;
}

/// Everything that is shown after a while, as text.
std::string play(std::uint64_t seed) {
  const auto plan = two_racks();
  simulate::simulated_site site(plan, {.seed = seed, .make_groups = make_groups});
  for (int i = 0; i < 150; ++i) site.step();
  REQUIRE(site.set("rack_0", "cell_voltage", 19, override_kind::value, 3.56));
  REQUIRE(site.set("rack_1", "cell_voltage", 3, override_kind::invalid, 0));
  for (int i = 0; i < 50; ++i) site.step();
  CHECK(site.failed_nodes().empty());
  std::string text;
  for (const auto& point : site.points().select({})) {
    text += messages::points::point_line(point, site.now().utc_us) + "\n";
  }
  return text;
}

} // namespace

TEST_CASE("a simulated site reads its racks through the whole chain") {
  const auto plan = two_racks();
  simulate::simulated_site site(plan, {.make_groups = make_groups});
  for (int i = 0; i < 150; ++i) site.step();
  const auto cells = site.points().find("rack_1/cell_voltage");
  REQUIRE(cells);
  CHECK(cells->quality == messages::quality::good);
  CHECK(messages::points::value_text(*cells, 479) == "3.300");
  REQUIRE(site.set("rack_0", "cell_voltage", 19, override_kind::value, 3.56));
  for (int i = 0; i < 50; ++i) site.step();
  CHECK(messages::points::value_text(*site.points().find("rack_0/module_1:cell_3")) == "3.560");
  CHECK(messages::points::value_text(*site.points().find("rack_0/cell_voltage_max")) == "3.560");
  CHECK(messages::points::value_text(*site.points().find("rack_0/cell_voltage_max_index")) == "19");
  CHECK(messages::points::value_text(*site.points().find("rack_1/cell_voltage_max")) == "3.300");
  CHECK_FALSE(site.set("rack_9", "cell_voltage", 19, override_kind::value, 3.56));
  CHECK_FALSE(site.set("rack_0", "cell_voltage", 480, override_kind::value, 3.56));
}

TEST_CASE("the same site and seed give the same text, byte for byte") {
  const auto once = play(7);
  CHECK(once.size() > 1'000);
  CHECK(once == play(7));
}

TEST_CASE("simulated racks send their cells as often as their profile awaits them") {
  const auto scans_in_three_seconds = [](std::uint32_t period_ms) {
    auto plan = two_racks();
    auto profile = *plan.devices[0].profile;
    profile.points[*profile.find_point("cell_voltage")].period_ms = period_ms;
    plan.devices[0].profile =
        std::make_shared<const messages::profiles::device_profile>(std::move(profile));
    simulate::simulated_site site(plan, {.make_groups = make_groups});
    for (int i = 0; i < 150; ++i) site.step();
    std::set<std::int64_t> times_us;
    for (int i = 0; i < 300; ++i) {
      site.step();
      times_us.insert(site.points().find("rack_0/cell_voltage")->source_time.monotonic_us);
    }
    return times_us.size();
  };
  CHECK(scans_in_three_seconds(200) >= 15);
  CHECK(scans_in_three_seconds(1'000) <= 4);
}

TEST_CASE("points that nobody asks for stay as they are, and nodes go on saying how they are") {
  const auto plan = two_racks();
  simulate::simulated_site site(plan, {.make_groups = make_groups});
  for (int i = 0; i < 150; ++i) site.step();
  site.leave_points();
  const auto before = site.points().find("rack_0/cell_voltage")->source_time;
  REQUIRE_FALSE(site.take_messages().empty());
  for (int i = 0; i < 100; ++i) site.step();
  CHECK(site.points().find("rack_0/cell_voltage")->source_time == before);
  CHECK_FALSE(site.take_messages().empty());
}

} // namespace simulated_site_test
