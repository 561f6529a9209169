#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "nodes/process/actor_kinds.hpp"
#include "support/one_rack_site.hpp"

namespace on_recording_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

/// Of each actor of the plan's rack: whether it lives on a recording.
std::map<std::string, bool> told(const site::plan& plan) {
  process::field_access field;
  field.sender = [](const std::string&) { return actors::can_device::frame_sender(); };
  field.writer = [](const std::string&) {
    return [](const bus::modbus::write_request&) { return false; };
  };
  std::map<std::string, bool> found;
  for (const auto& node : plan.nodes) {
    for (const auto& group : process::make_groups(plan, node, field)) {
      for (const auto& child : group.children) found[child.name] = child.on_recording;
    }
  }
  return found;
}

} // namespace

TEST_CASE("a rack's chain, and who hears it, live on a recording where its bus is a replay") {
  auto plan = tests::one_rack_plan();
  REQUIRE(plan.buses.size() == 1);
  for (const auto& [actor, on_recording] : told(plan)) {
    CAPTURE(actor);
    CHECK_FALSE(on_recording);
  }
  plan.buses.front().kind = site::bus_kind::replay;
  const auto on = told(plan);
  for (const auto* actor :
       {"bms_0", "rack_0", "rack_0/protection", "rack_0/contactor", "system", "command"}) {
    CAPTURE(actor);
    REQUIRE(on.contains(actor));
    CHECK(on.at(actor));
  }
}

TEST_CASE("a link and its battery live on a recording where one of their own racks does") {
  const std::string text = R"(
[site]
name = "two_groups"
accept_common_loss = true
[[bus]]
name = "can{0..1}"
port = "virtual:can{0..1}"
[[bus]]
name = "can{8..9}"
port = "virtual:can{8..9}"
[[device]]
name = "bms_{0..1}"
profile = "profiles/demo_rack.json"
bus = "can{0..1}"
[[rack]]
name = "rack_{0..1}"
device = "bms_{0..1}"
protection = "protection/lfp.toml"
dc_bus = "dc_{0..1}"
[[inverter]]
name = "inverter_0"
profile = "inverters/discover.json"
bus = "can8"
racks = ["rack_0"]
charge_voltage = 1680.0
discharge_voltage = 1440.0
[[inverter]]
name = "inverter_1"
profile = "inverters/discover.json"
bus = "can9"
racks = ["rack_1"]
charge_voltage = 1680.0
discharge_voltage = 1440.0
)";
  auto plan = tests::sound(
      site::load_text(text, std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/two_groups.toml"));
  REQUIRE(plan.inverters.size() > 1);
  const auto& own = plan.inverters.front();
  const auto& replayed = plan.find_device(plan.find_rack(own.racks.front())->device)->bus;
  for (auto& bus : plan.buses)
    if (bus.name == replayed) bus.kind = site::bus_kind::replay;
  const auto on = told(plan);
  for (const auto& each : plan.inverters) {
    CAPTURE(each.name);
    const bool is_own = each.name == own.name;
    CHECK(on.at(each.name + "/link") == is_own);
    CHECK(on.at(site::battery_actor(plan, each)) == is_own);
  }
  CHECK(on.at("system"));
  CHECK(on.at("command"));
}

} // namespace on_recording_test
