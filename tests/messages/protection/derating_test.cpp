#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "messages/protection/derating.hpp"
#include "messages/protection/limits_file.hpp"
#include "messages/support/profiles.hpp"

namespace protection_derating_test {

using namespace voltaic::messages::protection;

namespace {

table rules_of(const std::string& name) {
  const std::string file = VOLTAIC_SOURCE_FOLDER "/configs/protection/" + name + ".toml";
  auto loaded = load(voltaic::tests::text_of(file), file);
  REQUIRE(std::holds_alternative<table>(loaded));
  return std::get<table>(loaded);
}

const curve falling{{3.55, 100}, {3.60, 0}};

} // namespace

TEST_CASE("a curve is straight between its corners and level beyond them") {
  CHECK(percent_at(falling, 3.0) == 100);
  CHECK(percent_at(falling, 3.55) == 100);
  CHECK(percent_at(falling, 3.575) == Approx(50));
  CHECK(percent_at(falling, 3.60) == 0);
  CHECK(percent_at(falling, 5) == 0);
  CHECK(percent_at({}, 5) == 100);
  CHECK(percent_at({{1, 40}}, -7) == 40);
}

TEST_CASE("what is no number has the least that a curve leaves") {
  CHECK(percent_at(falling, std::numeric_limits<double>::quiet_NaN()) == 0);
  CHECK(percent_at(falling, -std::numeric_limits<double>::infinity()) == 0);
  CHECK(percent_at({{0, 20}, {5, 100}}, std::nan("")) == 20);
}

TEST_CASE("a curve that extremes cannot judge is refused") {
  CHECK_FALSE(fault_of(falling, curve_shape::falling));
  CHECK_FALSE(fault_of({{2.8, 0}, {3, 100}}, curve_shape::rising));
  CHECK_FALSE(fault_of({{0, 0}, {5, 100}, {45, 100}, {50, 0}}, curve_shape::hill));
  CHECK(fault_of(falling, curve_shape::rising));
  CHECK(fault_of({{2.8, 0}, {3, 100}}, curve_shape::falling));
  CHECK(fault_of({{0, 100}, {5, 0}, {45, 100}}, curve_shape::hill));
  CHECK(fault_of({}, curve_shape::hill));
  CHECK(fault_of(curve(corners_max + 1, {1, 1}), curve_shape::hill));
  CHECK(fault_of({{1, 100}, {1, 0}}, curve_shape::falling));
  CHECK(fault_of({{1, 101}}, curve_shape::falling));
  CHECK(fault_of({{1, -1}}, curve_shape::falling));
  CHECK(fault_of({{std::nan(""), 1}}, curve_shape::falling));
  CHECK(fault_of({{1, std::nan("")}}, curve_shape::falling));
}

TEST_CASE("by default the whole is left up to the warning and nothing from the alarm on") {
  const auto lfp = derating_of({}, rules_of("lfp"));
  CHECK(lfp.cell_voltage.charge == falling);
  CHECK(lfp.cell_voltage.discharge == curve{{2.80, 0}, {3.00, 100}});
  CHECK(lfp.temperature.charge == curve{{0, 0}, {5, 100}, {45, 100}, {50, 0}});
  CHECK(lfp.temperature.discharge == curve{{-20, 0}, {-10, 100}, {50, 100}, {55, 0}});
  CHECK(lfp.soc.charge == curve{{95, 100}, {100, 0}});
  CHECK(lfp.soc.discharge == curve{{10, 0}, {20, 100}});
  CHECK(lfp.charge_target_cell_v == 3.45);
  CHECK(lfp.discharge_target_cell_v == 3.12);
  const auto nmc = derating_of({}, rules_of("nmc"));
  CHECK(nmc.cell_voltage.charge == curve{{4.15, 100}, {4.20, 0}});
  CHECK(nmc.charge_target_cell_v < 4.15);
  CHECK(nmc.charge_target_cell_v > nmc.discharge_target_cell_v);
}

TEST_CASE("what a profile states counts, and the rest has its default") {
  stated_derating stated;
  stated.charge_by_cell_voltage = curve{{3.4, 100}, {3.5, 10}};
  stated.recovery_percent_per_s = 5;
  const auto made = derating_of(stated, rules_of("lfp"));
  CHECK(made.cell_voltage.charge == *stated.charge_by_cell_voltage);
  CHECK(made.cell_voltage.discharge == curve{{2.80, 0}, {3.00, 100}});
  CHECK(made.recovery_percent_per_s == 5);
  CHECK(made.charge_target_cell_v == 3.4);
}

TEST_CASE("without rules nothing is derated and no target is known") {
  const auto made = derating_of({}, {});
  CHECK(made.cell_voltage.charge.empty());
  CHECK(made.temperature.discharge.empty());
  CHECK(made.charge_target_cell_v == 0);
}

TEST_CASE("temperatures that are too low and too high at once leave nothing") {
  auto rules = rules_of("lfp");
  for (auto& each : rules.candidates) {
    if (each.name != "charge_undertemperature") continue;
    each.limits[0].set = 46;
    each.limits[1].set = 44;
  }
  const auto made = derating_of({}, rules);
  CHECK(percent_at(made.temperature.charge, 45) == 0);
  CHECK(percent_at(made.temperature.charge, 25) == 0);
}

} // namespace protection_derating_test
