#include "nodes/simulate/targets.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "messages/inverter/inverter_profiles.hpp"
#include "messages/profiles/load.hpp"
#include "support/demo_rack.hpp"
#include "support/temporary_folder.hpp"

namespace targets_test {

using namespace voltaic;
using namespace voltaic::nodes;
using namespace voltaic::nodes::simulate;
using actors::simulator::override_kind;

namespace {

std::shared_ptr<const messages::profiles::device_profile> inverter_profile() {
  std::ifstream file(VOLTAIC_SOURCE_FOLDER "/configs/profiles/demo_inverter.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto loaded = messages::profiles::load_profile(text, "demo_inverter.json");
  return std::make_shared<const messages::profiles::device_profile>(
      std::get<messages::profiles::device_profile>(std::move(loaded)));
}

site::plan one_rack() {
  site::plan plan;
  plan.devices.push_back(
      {.name = "bms_0", .profile = tests::demo_rack(), .bus = "can0", .rack = "rack_0"});
  plan.racks.push_back({.name = "rack_0", .device = "bms_0"});
  plan.devices.push_back({.name = "inverter_0",
                          .profile = inverter_profile(),
                          .line = "plant",
                          .simulate = "inverter"});
  plan.nodes.push_back({.name = "relay", .kind = site::node_kind::relay});
  plan.nodes.push_back({.name = "rack_0", .kind = site::node_kind::chain});
  return plan;
}

auto resolve(const std::string& rows, trace_player player = trace_player::site) {
  const auto read = parse_trace("t_ms,point,index,value\n" + rows, "a.csv");
  REQUIRE(std::holds_alternative<trace>(read));
  return resolve_trace(std::get<trace>(read), one_rack(), "a.csv", player);
}

overlay only(const std::string& row) {
  const auto found = resolve(row);
  REQUIRE(std::holds_alternative<std::vector<deed>>(found));
  return std::get<overlay>(std::get<std::vector<deed>>(found).at(0).what);
}

} // namespace

TEST_CASE("a mistake that many rows make is told once, with the line of the first") {
  const auto found = resolve(
      "5,rack_0/oil_level,,3\n6,rack_0/oil_level,,4\n7,rack_9/cell_voltage,0,3\n"
      "8,rack_0/oil_level,,5\n9,rack_0/cell_voltage,480,3\n");
  REQUIRE(std::holds_alternative<messages::findings>(found));
  CHECK(std::get<messages::findings>(found) ==
        messages::findings{{"a.csv", 2, 1,
                            "rack_0 has no point 'oil_level' that a device reports (and in 2 more "
                            "rows)"},
                           {"a.csv", 4, 1, "no simulated rack or device 'rack_9'"},
                           {"a.csv", 6, 1, "rack_0/cell_voltage has 480 elements"}});
}

TEST_CASE("a trace with more mistakes than anybody reads tells the first of them") {
  std::string rows;
  for (std::size_t rack = 1; rack < 2 * trace_findings_max; ++rack)
    rows += "5,rack_" + std::to_string(rack) + "/cell_voltage,0,3\n";
  const auto found = resolve(rows);
  REQUIRE(std::holds_alternative<messages::findings>(found));
  CHECK(std::get<messages::findings>(found).size() == trace_findings_max);
}

TEST_CASE("lines that cannot be read and rows that cannot be played are told together") {
  const tests::temporary_folder folder;
  const auto path = folder / "a.csv";
  std::ofstream(path) << "t_ms,point,index,value\n"
                         "900,rack_0/oil_level,,3\n"
                         "5,rack_0/cell_voltage,0,frobnicate\n"
                         "6,rack_0/cell_voltage,480,3\n";
  const auto found = load_trace(path, one_rack(), trace_player::site);
  REQUIRE(std::holds_alternative<messages::findings>(found));
  std::vector<std::uint32_t> lines;
  for (const auto& each : std::get<messages::findings>(found)) lines.push_back(each.line);
  CHECK(lines == std::vector<std::uint32_t>{2, 3, 4});
}

TEST_CASE("a folder in place of a trace is named as one") {
  const tests::temporary_folder folder;
  const auto found = load_trace(folder.path().string(), one_rack(), trace_player::site);
  REQUIRE(std::holds_alternative<messages::findings>(found));
  CHECK(std::get<messages::findings>(found).front().text == "the trace is a folder");
}

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

TEST_CASE("power equipment is named by the device and its points, or as a whole") {
  using actors::simulator::equipment_effect;
  const auto found = resolve(
      "5,inverter_0/power,,-4000\n"
      "5,inverter_0/Voltage,,invalid\n"
      "5,inverter_0/run,,1\n"
      "5,inverter_0/power,,exception 04\n"
      "5,inverter_0,,silent\n"
      "5,inverter_0,,late 1500\n"
      "5,inverter_0,,exception 0B\n"
      "5,inverter_0,,release\n"
      "5,command,,kill rack_0\n");
  if (const auto* wrong = std::get_if<messages::findings>(&found)) FAIL(wrong->front().text);
  const auto& deeds = std::get<std::vector<deed>>(found);
  REQUIRE(deeds.size() == 9);
  const auto at = [&](std::size_t i) { return std::get<equipment_overlay>(deeds.at(i).what); };
  CHECK(at(0).device == "inverter_0");
  CHECK(at(0).point == "power");
  CHECK(at(0).value == -4000);
  CHECK(at(1).point == "voltage");
  CHECK(at(1).effect == equipment_effect::invalid);
  CHECK(at(2).point == "run");
  CHECK(at(3).effect == equipment_effect::exception);
  CHECK(at(3).value == 4);
  CHECK(at(4).point.empty());
  CHECK(at(4).effect == equipment_effect::silent);
  CHECK(at(5).effect == equipment_effect::late);
  CHECK(at(5).value == 1500);
  CHECK(at(6).value == 11);
  CHECK(at(7).effect == equipment_effect::release);
  CHECK(std::get<node_death>(deeds.at(8).what).node == "rack_0");
}

TEST_CASE("what equipment cannot do is a finding, and so is a command where only devices play") {
  const auto lines = [](const std::string& rows, trace_player player) {
    const auto found = resolve(rows, player);
    REQUIRE(std::holds_alternative<messages::findings>(found));
    return std::get<messages::findings>(found).size();
  };
  CHECK(lines("5,inverter_0/nothing,,1\n"
              "5,inverter_0/power,1,1\n"
              "5,inverter_0/grid_ok,,invalid\n"
              "5,inverter_0/run,,7\n"
              "5,inverter_0/run,,freeze\n"
              "5,inverter_0,,5\n"
              "5,inverter_0/power,,late 10\n"
              "5,rack_0/soc,,late 10\n"
              "5,rack_0/soc,,exception 2\n"
              "5,command,,kill relay\n"
              "5,command,,kill rack_9\n",
              trace_player::site) == 11);
  CHECK(lines("5,command,,open rack_0\n5,command,,kill rack_0\n", trace_player::devices) == 2);
}

TEST_CASE("only an inverter whose heartbeat counts can freeze it") {
  auto counting = *tests::shared_inverter("discover.json");
  counting.keep_alive->counter_byte = std::uint8_t{0};
  auto plan = one_rack();
  plan.inverters.push_back({.name = "inverter_1",
                            .profile = tests::shared_inverter("discover.json"),
                            .bus = "can9",
                            .simulate = true});
  plan.inverters.push_back(
      {.name = "inverter_2",
       .profile = std::make_shared<const messages::inverter::inverter_profile>(counting),
       .bus = "can9",
       .simulate = true});
  const auto resolved = [&](const std::string& rows) {
    const auto read = parse_trace("t_ms,point,index,value\n" + rows, "a.csv");
    return resolve_trace(std::get<trace>(read), plan, "a.csv", trace_player::site);
  };
  const auto refused = resolved("5,inverter_1,,freeze\n");
  REQUIRE(std::holds_alternative<messages::findings>(refused));
  const auto& found = std::get<messages::findings>(refused);
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 2);
  CHECK(found[0].text ==
        "inverter_1 cannot freeze: the heartbeat of its profile discover has no counter that could "
        "stand still; it can be silent");
  CHECK(std::get<std::vector<deed>>(resolved("5,inverter_1,,silent\n5,inverter_2,,freeze\n"
                                             "6,inverter_2,,release\n"))
            .size() == 3);
}

} // namespace targets_test
