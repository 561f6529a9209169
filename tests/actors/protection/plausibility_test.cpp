#include <catch2/catch.hpp>

#include "actors/protection/full_rack.hpp"
#include "actors/protection/plausibility_model.hpp"

namespace voltaic::actors::protection::plausibility_test {

using testing::full_options;
using testing::full_rack;
using testing::has;
using lines = std::vector<std::string>;

namespace {

/// Every cell but one moves with each scan, the current flows.
void run_with_frozen(full_rack& rack, std::size_t frozen, int seconds) {
  for (int step = 0; step < seconds * 5; ++step) {
    for (std::size_t cell = 0; cell < testing::full_cells; ++cell)
      if (cell != frozen) rack.set(measured::cell_voltage, step % 2 == 0 ? 3.3 : 3.301, cell);
    rack.run(200);
  }
}

} // namespace

TEST_CASE("F-140 F-069 a cell that stands still alone while current flows is frozen") {
  full_rack rack;
  rack.settle();
  rack.set(measured::current, 20);
  rack.mark();
  run_with_frozen(rack, 19, 59);
  CHECK(rack.log.empty());
  run_with_frozen(rack, 19, 3);
  REQUIRE(rack.log.size() == 1);
  CHECK(rack.log[0].ends_with("set sensor_frozen/warning module_1:cell_3"));
  CHECK(rack.model.last().limits.charge_a == 140);
  run_with_frozen(rack, 19, 542);
  CHECK(has(rack, "set sensor_frozen/alarm module_1:cell_3"));
  CHECK(rack.model.last().limits.charge_a == 70);
  run_with_frozen(rack, 5, 1);
  CHECK(has(rack, "clear sensor_frozen/warning module_1:cell_3"));
  CHECK(has(rack, "clear sensor_frozen/alarm module_1:cell_3"));
}

TEST_CASE("F-140 without current, or where cells rest on a flat curve together, none is frozen") {
  full_rack idle;
  idle.settle();
  idle.set(measured::current, 13.9); // not above 0.05 C
  run_with_frozen(idle, 19, 120);
  CHECK(idle.log.empty());
  full_rack flat;
  flat.settle();
  flat.set(measured::current, 100);
  flat.set(measured::cell_voltage, 3.28);
  flat.run(480'000); // 4.8 % of the capacity
  CHECK_FALSE(has(flat, "sensor_frozen"));
}

TEST_CASE(
    "F-140 when no cell answers to a current that the rack's voltage answers to, all are frozen") {
  full_rack rack;
  rack.settle();
  rack.set(measured::current, 100);
  rack.set(measured::voltage, 3.29 * testing::full_cells);
  rack.mark();
  rack.run(2'400);
  CHECK(has(rack, "set sensor_frozen/alarm cell_voltage"));
  CHECK(rack.model.last().limits.charge_a == 0);
  rack.set(measured::cell_voltage, 3.29);
  rack.run(11'000);
  CHECK(has(rack, "clear sensor_frozen/alarm cell_voltage"));
  // Values that somebody lays down for all alike are not frozen.
  full_rack laid;
  laid.settle();
  laid.set(measured::current, 100);
  laid.run(60'000);
  CHECK_FALSE(has(laid, "sensor_frozen"));
}

TEST_CASE("SOC of 0 percent with sound cells is implausible and never low") {
  full_rack rack;
  rack.settle();
  rack.set(measured::soc, 0);
  rack.run(60'000);
  CHECK(rack.log == lines{"2100 set soc_implausible/alarm rack"});
  CHECK(rack.model.last().limits.discharge_a == 70);
  CHECK(rack.model.last().verdict.granted);
  for (const auto* word : {"fuse", "precharge", "blocked"})
    CHECK(advice_of("soc_implausible").find(word) != std::string_view::npos);
  // With an empty cell it is what it says.
  rack.set(measured::cell_voltage, 2.99, 7);
  rack.run(60'000);
  CHECK(has(rack, "set soc_low/fault rack"));
  CHECK(has(rack, "clear soc_implausible/alarm rack"));
}

TEST_CASE("SOC of 0 percent with sound cells empties no derating curve, at an empty cell it does") {
  auto options = full_options();
  options.derating.soc = {{}, {{10, 0}, {20, 100}}};
  full_rack rack(options);
  rack.settle();
  REQUIRE(rack.model.last().limits.discharge_a == 140);
  rack.set(measured::soc, 0);
  rack.run(1'000); // before the alarm's time is over
  CHECK(rack.model.last().limits.discharge_a == 140);
  rack.run(60'000);
  CHECK(rack.model.last().limits.discharge_a == 70); // what the alarm leaves
  CHECK(rack.model.last().limits.reasons == std::vector<std::string>{"soc_implausible/alarm"});
  // A cell at its end bears it out.
  rack.set(measured::cell_voltage, 3.0, 7);
  rack.run(1'000);
  CHECK(rack.model.last().limits.discharge_a == 0);
}

TEST_CASE("F-166 an inverter that ignores a limit of zero is told and opened") {
  full_rack rack;
  rack.settle();
  rack.set(measured::soc, 9);
  rack.run(31'000); // no discharge any more
  REQUIRE(rack.model.last().limits.discharge_a == 0);
  rack.set(measured::current, -100); // the other direction may
  rack.run(10'000);
  rack.mark();
  rack.set(measured::current, 6.9);
  rack.run(10'000);
  CHECK(rack.log.empty());
  rack.set(measured::current, 7);
  rack.run(4'000);
  CHECK(has(rack, "limit_ignored/alarm"));
  CHECK_FALSE(has(rack, "limit_ignored/fault"));
  rack.set(measured::current, 7.1);
  rack.mark();
  rack.run(5'300);
  CHECK(has(rack, "set limit_ignored/fault rack"));
  CHECK(rack.model.last().verdict.opening == messages::opening::ordered);
}

TEST_CASE("F-170 a cell that is hot and heats itself opens at once and locks") {
  full_rack rack;
  rack.settle();
  double celsius = 40;
  std::int64_t since_hot_ms = 0;
  for (int second = 0; second < 60 && !has(rack, "thermal_runaway"); ++second) {
    celsius += 1.5;
    rack.set(measured::cell_temperature, celsius, 3);
    if (celsius < 60) CHECK_FALSE(has(rack, "thermal_runaway"));
    if (celsius >= 60) since_hot_ms += 1'000;
    rack.run(1'000);
  }
  CHECK(has(rack, "set thermal_runaway/hard module_0:temperature_3"));
  CHECK(since_hot_ms <= 5'000);
  CHECK(rack.model.last().verdict.opening == messages::opening::immediate);
  CHECK(rack.model.last().verdict.locked);
}

TEST_CASE("F-170 heat alone shows a runaway where cell voltages fell silent") {
  full_rack rack;
  rack.set(measured::cell_temperature, 58, 3);
  rack.settle();
  rack.silence(measured::cell_voltage);
  double celsius = 58;
  std::int64_t since_hot_ms = 0;
  for (int second = 0; second < 20 && !has(rack, "thermal_runaway"); ++second) {
    celsius += 3;
    rack.set(measured::cell_temperature, celsius, 3);
    if (celsius >= 60) since_hot_ms += 1'000;
    rack.run(1'000);
  }
  CHECK(has(rack, "set thermal_runaway/hard module_0:temperature_3"));
  CHECK(since_hot_ms <= 5'000);
  CHECK(rack.model.last().verdict.opening == messages::opening::immediate);
  CHECK(rack.model.last().verdict.locked);
}

TEST_CASE("F-170 a voltage that fell silent is no sign of a cell that breaks down") {
  full_rack rack;
  rack.settle();
  rack.set(measured::cell_voltage, 2.4, 3);
  rack.run(200);
  rack.silence(measured::cell_voltage);
  rack.run(1'000);
  double celsius = 25;
  for (int second = 0; second < 8; ++second) {
    rack.set(measured::cell_temperature, celsius += 2, 3);
    rack.run(1'000);
  }
  CHECK_FALSE(has(rack, "thermal_runaway"));
}

TEST_CASE("F-170 a cell that breaks down while it heats runs away below the largest temperature") {
  full_rack rack;
  rack.settle();
  rack.set(measured::cell_voltage, 2.4, 3);
  double celsius = 25;
  for (int second = 0; second < 6; ++second) {
    rack.set(measured::cell_temperature, celsius += 2, 3);
    rack.run(1'000);
  }
  CHECK(has(rack, "set thermal_runaway/hard module_0:temperature_3"));
}

TEST_CASE("F-170 heat that is slow, or one jump of a sensor, is no runaway") {
  full_rack rack;
  rack.settle();
  double celsius = 55;
  for (int second = 0; second < 40; ++second) {
    rack.set(measured::cell_temperature, celsius += 0.9, 3);
    rack.run(1'000);
  }
  CHECK_FALSE(has(rack, "thermal_runaway"));
  full_rack jump;
  jump.settle();
  jump.set(measured::cell_temperature, 75, 3);
  jump.run(20'000);
  CHECK_FALSE(has(jump, "thermal_runaway"));
}

TEST_CASE("F-151 a step that is no physics sets nothing before another scan confirms it") {
  full_rack rack;
  rack.settle();
  rack.set(measured::cell_voltage, 4.3, 4);
  rack.run(200);
  CHECK(rack.log == lines{"200 set sensor_step/warning cell_voltage"});
  rack.set(measured::cell_voltage, 3.3, 4);
  rack.run(20'000); // the hard level would have set within one scan
  CHECK(rack.log == lines{"200 set sensor_step/warning cell_voltage",
                          "10400 clear sensor_step/warning cell_voltage"});
  rack.set(measured::cell_voltage, 4.3, 4);
  rack.mark();
  rack.run(400);
  CHECK(has(rack, "400 set cell_overvoltage/hard module_0:cell_4"));
}

} // namespace voltaic::actors::protection::plausibility_test
