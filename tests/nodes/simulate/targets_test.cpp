#include "nodes/simulate/targets.hpp"

#include <catch2/catch.hpp>

#include "support/demo_rack.hpp"

using namespace voltaic;
using namespace voltaic::nodes;
using namespace voltaic::nodes::simulate;
using actors::simulator::override_kind;

namespace {

site::plan one_rack() {
  site::plan plan;
  plan.devices.push_back(
      {.name = "bms_0", .profile = tests::demo_rack(), .bus = "can0", .rack = "rack_0"});
  plan.racks.push_back({.name = "rack_0", .device = "bms_0"});
  return plan;
}

auto resolve(const std::string& rows) {
  const auto read = parse_trace("t_ms,point,index,value\n" + rows, "a.csv");
  REQUIRE(std::holds_alternative<trace>(read));
  return resolve_trace(std::get<trace>(read), one_rack(), "a.csv");
}

overlay only(const std::string& row) {
  const auto found = resolve(row);
  REQUIRE(std::holds_alternative<std::vector<deed>>(found));
  return std::get<overlay>(std::get<std::vector<deed>>(found).at(0).what);
}

} // namespace

TEST_CASE("every spelling of an element means the same one") {
  for (const auto* row :
       {"5,rack_0/cell_voltage,19,3.5", "5,rack_0/cell_voltage[19],,3.5",
        "5,bms_0/CellVoltage,19,3.5", "5,rack_0/cell_voltage,module_1:cell_3,3.5",
        "5,rack_0/cell_voltage:module_1:cell_3,,3.5", "5,rack_0/module_1:cell_3,,3.5",
        "5,rack_0/cell_voltage,module_1|cell_3,3.5"}) {
    INFO(row);
    const auto found = only(row);
    CHECK(found.rack == "rack_0");
    CHECK(found.point == "cell_voltage");
    CHECK(found.index == 19u);
    CHECK(found.value == 3.5);
  }
  CHECK(only("5,rack_0/module_1:temperature_3,,40").index == 11u);
  CHECK_FALSE(only("5,rack_0/soc,,40").index);
}

TEST_CASE("every effect has its meaning for the rack") {
  CHECK(only("5,rack_0/soc,,40").kind == override_kind::value);
  CHECK(only("5,rack_0/soc,,invalid").kind == override_kind::invalid);
  CHECK(only("5,rack_0/soc,,freeze").kind == override_kind::freeze);
  CHECK(only("5,rack_0/soc,,silent").kind == override_kind::silent);
  CHECK(only("5,rack_0/soc,,release").kind == override_kind::release);
}

TEST_CASE("commands name a rack, or an event to acknowledge") {
  const auto found = resolve("5,command,,close rack_0\n6,command,,acknowledge rack_0.b.1\n");
  REQUIRE(std::holds_alternative<std::vector<deed>>(found));
  const auto& deeds = std::get<std::vector<deed>>(found);
  CHECK(std::get<messages::command>(deeds[0].what).operation == "close");
  CHECK(std::get<messages::command>(deeds[0].what).key !=
        std::get<messages::command>(deeds[1].what).key);
}

TEST_CASE("a row that means nothing in this site is a finding with its line") {
  const auto found = resolve(
      "5,rack_9/soc,,1\n"
      "5,rack_0/nothing,,1\n"
      "5,rack_0/cell_voltage,480,1\n"
      "5,rack_0/cell_voltage,module_0:cell_16,1\n"
      "5,rack_0/cell_voltage_max,,1\n"
      "5,command,,close rack_9\n");
  REQUIRE(std::holds_alternative<messages::findings>(found));
  const auto& findings = std::get<messages::findings>(found);
  REQUIRE(findings.size() == 6);
  for (std::uint32_t i = 0; i < 6; ++i) CHECK(findings[i].line == i + 2);
}
