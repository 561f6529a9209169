#include "actors/protection/limits_report_model.hpp"

#include <catch2/catch.hpp>

namespace limits_report_model_test {

using namespace voltaic::actors::protection;

namespace {

current_limits limits(double charge_a, double discharge_a, std::vector<std::string> reasons = {}) {
  current_limits made;
  made.charge_a = charge_a;
  made.discharge_a = discharge_a;
  made.reasons = std::move(reasons);
  return made;
}

} // namespace

TEST_CASE("an event of limits is rounded to what people read, the limits are not touched") {
  limits_report_model model(140, 140);
  auto applied = limits(87.049505, 139.96, {"derating/temperature_trend"});
  applied.charge_v = 1655.9999;
  applied.discharge_v = 1200.04;
  applied.charge_w = 158390.4;
  applied.discharge_w = 254000.5;
  const auto told = model.step(applied, 0);
  REQUIRE(told);
  CHECK(told->charge_a == 87.0);
  CHECK(told->discharge_a == 140.0);
  CHECK(told->charge_v == 1656.0);
  CHECK(told->discharge_v == 1200.0);
  CHECK(told->charge_w == 158390);
  CHECK(told->discharge_w == 254001);
  applied.charge_a = 87.04; // the same to people
  CHECK_FALSE(model.step(applied, 1'000 * told_small_period_us));
}

TEST_CASE("limits that creep are told every 10 s at most, and what holds them with it") {
  limits_report_model model(140, 140);
  REQUIRE(model.step(limits(0, 115.6, {"derating/temperature_trend"}), 0));
  const auto recovering = limits(0, 117, {"derating/temperature_trend", "derating/recovery"});
  CHECK_FALSE(model.step(recovering, 1'400'000));
  CHECK_FALSE(model.step(recovering, told_small_period_us - 1));
  CHECK(model.step(recovering, told_small_period_us));
}

TEST_CASE("limits that are told again count their time from then on") {
  constexpr std::int64_t start_us = 1'000 * told_small_period_us;
  limits_report_model model(140, 140);
  double charge_a = 100;
  for (int each = 0; each < 3; ++each) {
    const auto due_us = start_us + each * told_small_period_us;
    charge_a += 1;
    if (each > 0) CHECK_FALSE(model.step(limits(charge_a, 140), due_us - 1));
    CHECK(model.step(limits(charge_a, 140), due_us));
  }
}

TEST_CASE("a change by five percent of the rating is a large one") {
  for (const bool is_large : {true, false}) {
    limits_report_model model(140, 140);
    REQUIRE(model.step(limits(140, 140), 0));
    const auto after = limits(140, is_large ? 133 : 133.1);
    CHECK(model.step(after, told_large_period_us).has_value() == is_large);
  }
}

TEST_CASE("a large change is told within a second, a stop, a start and another cause at once") {
  limits_report_model model(140, 140);
  REQUIRE(model.step(limits(140, 140), 0));
  CHECK_FALSE(model.step(limits(120, 140), told_large_period_us - 1));
  CHECK(model.step(limits(120, 140), told_large_period_us));
  CHECK(model.step(limits(0, 140), told_large_period_us + 1));
  CHECK(model.step(limits(0.1, 140), told_large_period_us + 2));
  CHECK(model.step(limits(0.1, 140, {"cell_overvoltage/warning"}), told_large_period_us + 3));
  CHECK_FALSE(model.step(limits(0.1, 140, {"cell_overvoltage/warning", "derating/soc"}),
                         told_large_period_us + 4));
}

TEST_CASE("voltages are told in tenths and power in whole watts, of both directions") {
  limits_report_model model(140, 140);
  auto applied = limits(140, 140);
  applied.charge_v = 1655.96;
  applied.discharge_v = 1200.04;
  applied.charge_w = 158'390.6;
  applied.discharge_w = 120'000.4;
  const auto told = model.step(applied, 0);
  REQUIRE(told);
  CHECK(told->charge_v == 1656.0);
  CHECK(told->discharge_v == 1200.0);
  CHECK(told->charge_w == 158'391);
  CHECK(told->discharge_w == 120'000);
}

TEST_CASE("a change of five percent of the rating is large, of either current") {
  struct {
    double charge_a, discharge_a;
    std::int64_t period_us;
  } const rows[] = {
      {95, 200, told_large_period_us},   {95.1, 200, told_small_period_us},
      {100, 190, told_large_period_us},  {100, 190.1, told_small_period_us},
      {95.1, 190, told_large_period_us},
  };
  constexpr std::int64_t first_us = 5'000'000; // the day did not begin with the rack
  for (const auto& [charge_a, discharge_a, period_us] : rows) {
    CAPTURE(charge_a, discharge_a);
    limits_report_model model(100, 200);
    REQUIRE(model.step(limits(100, 200), first_us));
    CHECK_FALSE(model.step(limits(charge_a, discharge_a), first_us + period_us - 1));
    CHECK(model.step(limits(charge_a, discharge_a), first_us + period_us));
    // The next one counts from there.
    CHECK_FALSE(model.step(limits(50, 50), first_us + period_us + told_large_period_us - 1));
    CHECK(model.step(limits(50, 50), first_us + period_us + told_large_period_us));
  }
}

} // namespace limits_report_model_test
