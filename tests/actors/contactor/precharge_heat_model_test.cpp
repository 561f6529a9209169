#include "actors/contactor/precharge_heat_model.hpp"

#include <catch2/catch.hpp>

namespace voltaic::actors::contactor::precharge_heat_model_test {

namespace {

contactor_options rated(double ohm, double joule) {
  contactor_options options;
  options.resistor = {ohm, joule};
  options.rack_voltage_max_v = 1'000;
  return options;
}

device_values at_volts(std::optional<double> rack_v, std::optional<double> bus_v) {
  device_values device;
  device.rack_v = rack_v;
  device.bus_v = bus_v;
  return device;
}

} // namespace

TEST_CASE("F-161 a precharge resistor takes voltage squared by resistance while it charges") {
  const auto options = rated(100, 10'000);
  precharge_heat_model heat(options);
  CHECK(heat.step(true, at_volts(800, 300), 100'000) == Approx(250)); // 500 V: 2.5 kW
  CHECK(heat.share() == Approx(0.025));
  CHECK(heat.step(true, at_volts(300, 800), 100'000) == Approx(250));
  CHECK(heat.step(false, at_volts(800, 300), 100'000) == 0);
  const auto share = heat.share();
  heat.begin_attempt(); // its energy is measured, attempts are not counted
  CHECK(heat.share() == share);
}

TEST_CASE("F-161 the energy of a resistor is known by its resistance, its share by its rating") {
  contactor_options options;
  options.resistor.resistance_ohm = 100;
  precharge_heat_model heat(options);
  CHECK(heat.step(true, at_volts(800, 300), 100'000) == Approx(250));
  CHECK(heat.share() == 0);
  heat.begin_attempt();
  CHECK(heat.share() == Approx(1 / blind_attempts_max));
  const contactor_options nothing_known;
  precharge_heat_model blind(nothing_known);
  CHECK(blind.step(true, at_volts(800, 300), 100'000) == 0);
}

TEST_CASE("F-161 a resistor cools from full to cold in its time, in one life or over several") {
  const contactor_options options;
  precharge_heat_model heat(options);
  heat.load(1, 0);
  CHECK(heat.share() == 1);
  heat.step(false, {}, cooling_us / 4);
  CHECK(heat.share() == Approx(0.75));
  heat.step(false, {}, cooling_us);
  CHECK(heat.share() == 0);
  heat.load(1, cooling_us / 2);
  CHECK(heat.share() == Approx(0.5));
  heat.load(0.5, cooling_us);
  CHECK(heat.share() == 0);
  heat.load(0.5, -cooling_us); // a clock that ran back heats nothing
  CHECK(heat.share() == 0.5);
}

TEST_CASE("F-161 another attempt has room while a short circuit for its whole time would fit") {
  const auto options = rated(100, 20'000); // 800 V for 2 s: 12.8 kJ, 64 %
  precharge_heat_model heat(options);
  const auto rack = at_volts(800, 0);
  heat.load(0.36, 0);
  CHECK(heat.has_room(rack));
  heat.load(0.361, 0);
  CHECK_FALSE(heat.has_room(rack));
  const auto halved = rated(100, 25'600); // 50 %: an exact number
  precharge_heat_model half(halved);
  const double full = 1 + 1e-9; // what sums of shares may be off by
  half.load(full - 0.5, 0);
  CHECK(half.has_room(rack));
  half.load(full - 0.5 + 1e-12, 0);
  CHECK_FALSE(half.has_room(rack));
  const contactor_options nothing_known;
  precharge_heat_model blind(nothing_known);
  for (int attempt = 0; attempt < 6; ++attempt) {
    CHECK(blind.has_room(rack));
    blind.begin_attempt();
  }
  CHECK_FALSE(blind.has_room(rack));
}

TEST_CASE("F-161 a voltage that nobody knows heats the resistor as much as it can") {
  const auto options = rated(100, 20'000); // 1,000 V for 2 s: 20 kJ, all of it
  precharge_heat_model heat(options);
  CHECK(heat.has_room(at_volts({}, 0)));
  heat.load(0.001, 0);
  CHECK(heat.has_room(at_volts(999, 0)));
  CHECK_FALSE(heat.has_room(at_volts({}, 0)));
  CHECK_FALSE(heat.has_room(at_volts({}, {})));
  CHECK(heat.step(true, at_volts(800, {}), 100'000) == Approx(640));  // an empty bus
  CHECK(heat.step(true, at_volts({}, 300), 100'000) == Approx(490));  // a full rack
  CHECK(heat.step(true, at_volts({}, {}), 100'000) == Approx(1'000)); // both
  CHECK(heat.step(false, at_volts({}, {}), 100'000) == 0);

  auto unbounded = rated(100, 20'000); // nor does its profile say how much it may be
  unbounded.rack_voltage_max_v = 0;
  const precharge_heat_model blind(unbounded);
  CHECK_FALSE(blind.has_room(at_volts({}, 0)));
  CHECK(blind.has_room(at_volts(800, 0)));
}

} // namespace voltaic::actors::contactor::precharge_heat_model_test
