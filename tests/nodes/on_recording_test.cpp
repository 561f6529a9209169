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

} // namespace on_recording_test
