#include "actors/inverter_link/told_limits_model.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

// What caps of people make of the limits that an inverter is told.
namespace inverter_link_told_limits_test {

using namespace voltaic;
using namespace voltaic::actors::inverter_link;
using messages::inverter::item_of;

namespace {

/// A battery of 1,584 V between 1,400 and 1,700 V, 100 A in and 120 A out.
battery_state usual() {
  battery_state battery;
  battery.charge_current_a = 100;
  battery.discharge_current_a = 120;
  battery.charge_voltage_v = 1'700;
  battery.discharge_voltage_v = 1'400;
  battery.voltage_v = 1'584;
  return battery;
}

told_limits told(const battery_state& battery, messages::inverter::item item, double value,
                 const model_options& options = {}) {
  return tell_limits(options, battery, presence::there, compatibility::unknown, std::nullopt,
                     {{item, value, "by anna"}});
}

} // namespace

TEST_CASE("a cap of power is none of current where the battery's voltage is not known") {
  for (const std::optional<double> voltage_v :
       {std::optional<double>(), std::optional(0.0),
        std::optional(std::numeric_limits<double>::quiet_NaN())}) {
    auto battery = usual();
    battery.voltage_v = voltage_v;
    const auto charge = told(battery, item_of("charge_power_limit"), 79'200);
    CHECK(charge.charge_current_a == 0);
    CHECK(charge.discharge_current_a == 120);
    CHECK(charge.charge.front().cause == cause::setpoint);
    CHECK(charge.charge.front().detail == "set to 79200 W by anna, the voltage is not known");
    CHECK(told(battery, item_of("discharge_power_limit"), 79'200).discharge_current_a == 0);
  }
  CHECK(told(usual(), item_of("charge_power_limit"), 79'200).charge_current_a == Approx(50));
}

TEST_CASE("a cap of charge voltage below the battery's stops charging, and tells its voltage") {
  const auto below = told(usual(), item_of("charge_voltage_limit"), 1'000);
  CHECK(below.charge_current_a == 0);
  CHECK(below.charge_power_w == 0);
  CHECK(below.charge_voltage_v == 1'584);
  CHECK(below.charge.front().cause == cause::setpoint);
  CHECK(below.charge.front().detail ==
        "the battery is 584.0 V beyond its voltage (set to 1000 V by anna)");
  CHECK(below.discharge_current_a == 120);
  CHECK(below.discharge_voltage_v == 1'400);
  const auto above = told(usual(), item_of("charge_voltage_limit"), 1'600);
  CHECK(above.charge_current_a == 100);
  CHECK(above.charge_voltage_v == 1'600);
  const auto none = told(usual(), item_of("charge_voltage_limit"), 1'800);
  CHECK(none.charge_current_a == 100);
  CHECK(none.charge_voltage_v == 1'700);
}

TEST_CASE("a cap of discharge voltage above the battery's stops discharging, and tells its own") {
  const auto above = told(usual(), item_of("discharge_voltage_limit"), 1'650);
  CHECK(above.discharge_current_a == 0);
  CHECK(above.discharge_voltage_v == 1'584);
  CHECK(above.charge_current_a == 100);
  CHECK(above.charge_voltage_v == 1'700);
  const auto below = told(usual(), item_of("discharge_voltage_limit"), 1'500);
  CHECK(below.discharge_current_a == 120);
  CHECK(below.discharge_voltage_v == 1'500);
}

TEST_CASE("a cap of voltage stops where the battery's voltage is not known") {
  auto battery = usual();
  battery.voltage_v.reset();
  CHECK(told(battery, item_of("charge_voltage_limit"), 1'600).charge_current_a == 0);
  CHECK(told(battery, item_of("discharge_voltage_limit"), 1'500).discharge_current_a == 0);
}

TEST_CASE("a cap of voltage never tells more than the battery's own limits, with fold-back too") {
  auto battery = usual();
  battery.voltage_v = 1'720;
  model_options options;
  options.fold_back = fold_back{10};
  for (const auto& rules : {model_options{}, options}) {
    const auto over = told(battery, item_of("charge_voltage_limit"), 1'000, rules);
    CHECK(over.charge_current_a == 0);
    CHECK(over.charge_voltage_v == 1'700);
    const auto within = told(usual(), item_of("charge_voltage_limit"), 1'000, rules);
    CHECK(within.charge_current_a == 0);
    CHECK(within.charge_voltage_v == 1'584);
  }
  battery.voltage_v = 1'380;
  CHECK(told(battery, item_of("discharge_voltage_limit"), 1'650).discharge_voltage_v == 1'400);
}

TEST_CASE("a cap of voltage is applied where the battery states no limit of voltage") {
  auto battery = usual();
  battery.charge_voltage_v.reset();
  battery.discharge_voltage_v.reset();
  const auto charge = told(battery, item_of("charge_voltage_limit"), 1'600);
  CHECK(charge.charge_voltage_v == 1'600);
  CHECK(charge.charge_current_a == 100);
  CHECK_FALSE(charge.discharge_voltage_v);
  const auto discharge = told(battery, item_of("discharge_voltage_limit"), 1'500);
  CHECK(discharge.discharge_voltage_v == 1'500);
  CHECK_FALSE(discharge.charge_voltage_v);
  // Beyond it nothing flows its way, and the battery's own voltage is told.
  const auto beyond = told(battery, item_of("charge_voltage_limit"), 1'500);
  CHECK(beyond.charge_current_a == 0);
  CHECK(beyond.charge_voltage_v == 1'584);
  const auto below = told(battery, item_of("discharge_voltage_limit"), 1'650);
  CHECK(below.discharge_current_a == 0);
  CHECK(below.discharge_voltage_v == 1'584);
  battery.voltage_v.reset();
  CHECK(told(battery, item_of("charge_voltage_limit"), 1'600).charge_current_a == 0);
  CHECK(told(battery, item_of("charge_voltage_limit"), 1'600).charge_voltage_v == 1'600);
}

} // namespace inverter_link_told_limits_test
