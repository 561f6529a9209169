#include "actors/simulator/cell_pack_model.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "actors/simulator/module_limits_model.hpp"
#include "actors/simulator/random_sequence.hpp"
#include "actors/simulator/simulated_rack_model.hpp"

namespace cell_pack_model_test {

using namespace voltaic::actors::simulator;

namespace {

constexpr std::int64_t second = 1'000'000;

cell_pack_model::options scattered(std::uint64_t seed) {
  cell_pack_model::options options;
  options.scatter = true;
  options.seed = seed;
  return options;
}

/// Voltages of all cells as the rack's frames say them, in mV.
std::vector<int> cells_mv(simulated_rack_model& rack, std::int64_t now_us) {
  std::vector<int> result(cells, -1);
  for (const auto& item : rack.step(now_us, {})) {
    if (item.id < 0x088 || item.id > 0x0FF) continue;
    for (std::size_t i = 0; i < 4; ++i)
      result[(item.id - 0x088) * 4 + i] = item.data[2 * i] | item.data[2 * i + 1] << 8;
  }
  return result;
}

} // namespace

TEST_CASE("modules warm by I squared R: heat is what warmed them and what went to the air") {
  const auto seed = GENERATE(range(1U, 9U));
  random_sequence chance(seed);
  cell_pack_model pack(scattered(seed));
  double square_ampere_s = 0;
  for (int i = 0; i < 3'600; ++i) {
    const double current_a = 140 * chance.symmetric();
    if (i % 600 == 0) pack.set_air_c(15 + 20 * chance.uniform());
    pack.step(second, current_a);
    square_ampere_s += current_a * current_a;
  }
  double stored_j = 0;
  double resistance_ohm = 0;
  for (std::uint32_t module = 0; module < modules; ++module)
    stored_j += (pack.temperature_c(module) - 25) * pack.module_heat_capacity_j_per_k();
  const double loaded_v = pack.voltage_v();
  pack.step(0, 0);
  const double open_v = pack.voltage_v();
  pack.step(0, 100);
  resistance_ohm = (open_v - pack.voltage_v()) / 100;
  CHECK(loaded_v > 0);
  CHECK(pack.heat_j() == Approx(square_ampere_s * resistance_ohm).epsilon(1e-6));
  CHECK(pack.heat_j() - pack.lost_j() == Approx(stored_j).epsilon(1e-6).margin(1e-3));
}

TEST_CASE("a module cools to the air around it, and air changes it without any current") {
  cell_pack_model pack({});
  pack.set_air_c(35);
  for (int i = 0; i < 3'600; ++i) pack.step(10 * second, 0);
  CHECK(pack.temperature_c(0) == Approx(35).margin(1.5));
  CHECK(pack.temperature_c(29) == pack.temperature_c(0));
  cell_pack_model still({});
  for (int i = 0; i < 3'600; ++i) still.step(second, 0);
  CHECK(still.temperature_c(7) == 25.0);
}

TEST_CASE("cells are alike unless they scatter, and then by the seed alone") {
  cell_pack_model alike({});
  cell_pack_model one(scattered(1));
  cell_pack_model same(scattered(1));
  cell_pack_model other(scattered(2));
  std::set<double> voltages;
  bool differs = false;
  for (cell_pack_model* each : {&alike, &one, &same, &other})
    for (int i = 0; i < 60; ++i) each->step(second, 100);
  for (std::uint32_t cell = 0; cell < cells; ++cell) {
    CHECK(alike.cell_voltage_v(cell) == alike.cell_voltage_v(0));
    CHECK(one.cell_voltage_v(cell) == same.cell_voltage_v(cell));
    CHECK(one.cell_voltage_v(cell) == Approx(alike.cell_voltage_v(cell)).margin(0.05));
    differs = differs || one.cell_voltage_v(cell) != other.cell_voltage_v(cell);
    voltages.insert(one.cell_voltage_v(cell));
  }
  CHECK(voltages.size() > 400);
  CHECK(differs);
}

TEST_CASE("the lowest cell is another one after an hour of discharge: the weak ones get there") {
  const auto lowest = [](const cell_pack_model& pack) {
    std::uint32_t found = 0;
    for (std::uint32_t cell = 1; cell < cells; ++cell)
      if (pack.cell_voltage_v(cell) < pack.cell_voltage_v(found)) found = cell;
    return found;
  };
  int wandered = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    cell_pack_model pack(scattered(seed));
    const auto before = lowest(pack);
    for (int i = 0; i < 3'600; ++i) pack.step(second, 120);
    wandered += lowest(pack) != before ? 1 : 0;
  }
  CHECK(wandered >= 8);
}

TEST_CASE("cells that hold more than the emptiest are balanced, but not while the rack gives") {
  cell_pack_model pack(scattered(3));
  const auto balanced = [&] {
    int count = 0;
    for (std::uint32_t cell = 0; cell < cells; ++cell) count += pack.is_balancing(cell) ? 1 : 0;
    return count;
  };
  pack.step(second, 0);
  const int at_rest = balanced();
  CHECK(at_rest > 50);
  pack.step(second, 50);
  CHECK(balanced() == 0);
  const double before_percent = pack.soc_percent();
  for (int i = 0; i < 24 * 360; ++i) pack.step(10 * second, 0);
  CHECK(balanced() < at_rest);
  CHECK(pack.soc_percent() < before_percent);
  cell_pack_model alike({});
  alike.step(second, 0);
  CHECK_FALSE(alike.is_balancing(0));
}

TEST_CASE("a module lets less flow where it is cold or hot") {
  struct row {
    double temperature_c;
    double charge;
    double discharge;
  };
  for (const auto& [temperature_c, charge, discharge] :
       {row{-30, 0, 0}, row{-20, 0, 0}, row{-15, 0, 0.5}, row{0, 0, 1}, row{5, 0.5, 1},
        row{10, 1, 1}, row{25, 1, 1}, row{45, 1, 1}, row{50, 0.5, 1}, row{55, 0, 0.5},
        row{60, 0, 0}, row{90, 0, 0}}) {
    CAPTURE(temperature_c);
    CHECK(charge_share(temperature_c) == Approx(charge));
    CHECK(discharge_share(temperature_c) == Approx(discharge));
  }
}

TEST_CASE("noise stays within one step of the resolution, and is the same for one seed") {
  rack_options options;
  options.spread = false;
  options.noise = true;
  simulated_rack_model rack(options);
  simulated_rack_model same(options);
  options.noise_seed = 2;
  simulated_rack_model other(options);
  std::set<int> seen;
  bool differs = false;
  for (std::int64_t now_us = second; now_us < 21 * second; now_us += second / 5) {
    const auto voltages = cells_mv(rack, now_us);
    CHECK(voltages == cells_mv(same, now_us));
    differs = differs || voltages != cells_mv(other, now_us);
    seen.insert(voltages.begin(), voltages.end());
  }
  CHECK(seen == std::set<int>{3299, 3300, 3301});
  CHECK(differs);
}

TEST_CASE("what a trace lays down, freezes or faults knows no noise") {
  rack_options options;
  options.spread = false;
  options.noise = true;
  simulated_rack_model rack(options);
  std::int64_t now_us = second;
  REQUIRE(rack.set("cell_voltage", 19, override_kind::value, 3.561));
  const int frozen = cells_mv(rack, now_us)[20];
  REQUIRE(rack.set("cell_voltage", 20, override_kind::freeze));
  REQUIRE(rack.set("module_fault", 2, override_kind::value, 1));
  for (int i = 0; i < 50; ++i) {
    const auto voltages = cells_mv(rack, now_us += second / 5);
    CHECK(voltages[19] == 3561);
    CHECK(voltages[20] == frozen);
    for (std::uint32_t cell = 32; cell < 48; ++cell) CHECK(voltages[cell] == 0xFFFF);
    CHECK(voltages[48] != 0xFFFF);
  }
  REQUIRE(rack.set("module_fault", 2, override_kind::release));
  CHECK(cells_mv(rack, now_us += second / 5)[32] != 0xFFFF);
}

TEST_CASE("whatever number a scenario lays down, the rack says numbers that its frames hold") {
  rack_options options;
  options.spread = false;
  options.controller.initially_closed = true;
  simulated_rack_model rack(options);
  for (const double value : {1e300, -1e300, 1e9, -1e9}) {
    for (const auto* point : {"current", "air_temperature", "voltage", "soc", "cell_temperature",
                              "module_charge_current_limit", "balancing", "contactor_state"})
      REQUIRE(rack.set(point, {}, override_kind::value, value));
    for (std::int64_t now_us = second; now_us < 5 * second; now_us += slot_us)
      static_cast<void>(rack.step(now_us, {}));
    CHECK(std::isfinite(rack.pack().temperature_c()));
    CHECK(std::isfinite(rack.pack().voltage_v()));
  }
}

TEST_CASE(
    "cells are balanced again as soon as the rack takes, though nothing was taken from them") {
  cell_pack_model pack(scattered(4));
  const auto balancing = [&] {
    std::uint32_t count = 0;
    for (std::uint32_t cell = 0; cell < cells; ++cell) count += pack.is_balancing(cell) ? 1 : 0;
    return count;
  };
  pack.step(second, 100);
  CHECK(balancing() == 0);
  const auto before_percent = pack.soc_percent();
  pack.step(50'000, 100);
  pack.step(50'000, -100);
  CHECK(balancing() > 0);
  CHECK(pack.soc_percent() == before_percent);
}

TEST_CASE("a value that is laid down twice is there until it is released") {
  rack_values_model values;
  CHECK_FALSE(values.any_laid_down(quantity::current));
  REQUIRE(values.set("current", {}, override_kind::value, 10));
  REQUIRE(values.set("current", 0, override_kind::value, 20));
  CHECK(values.laid_down(quantity::current, 0) == 20);
  REQUIRE(values.set("current", 0, override_kind::invalid));
  CHECK_FALSE(values.any_laid_down(quantity::current));
  REQUIRE(values.set("cell_voltage", {}, override_kind::value, 3.4));
  REQUIRE(values.set("cell_voltage", 7, override_kind::release));
  CHECK(values.any_laid_down(quantity::cell_voltage));
  CHECK_FALSE(values.laid_down(quantity::cell_voltage, 7));
  CHECK(values.laid_down(quantity::cell_voltage, 8) == 3.4);
  REQUIRE(values.set("cell_voltage", {}, override_kind::release));
  CHECK_FALSE(values.any_laid_down(quantity::cell_voltage));
}

} // namespace cell_pack_model_test
