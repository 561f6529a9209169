#include <catch2/catch.hpp>

#include <limits>

#include "actors/protection/heirloom.hpp"
#include "actors/protection/limit_model.hpp"

// Every bound of limits, just before it and on it. Numbers are exact in binary.
namespace voltaic::actors::protection::limit_bounds_test {

using messages::us_per_s;

namespace {

/// An instant: the day did not begin with the rack.
constexpr std::int64_t at(double seconds) {
  return 1'000 * us_per_s + static_cast<std::int64_t>(seconds * us_per_s);
}

/// Each curve leaves half at its middle.
limit_options rack_of_halves() {
  limit_options options;
  auto& by = options.derating;
  by.cell_voltage = {{{3.5, 100}, {3.75, 0}}, {{2.75, 0}, {3, 100}}};
  by.temperature = {{{0, 0}, {8, 100}, {40, 100}, {48, 0}}, {{0, 0}, {8, 100}, {40, 100}, {48, 0}}};
  by.soc = {{{96, 100}, {100, 0}}, {{8, 0}, {16, 100}}};
  by.hysteresis_percent = 4;
  by.recovery_percent_per_s = 1;
  by.trend_window_s = 60;
  by.trend_horizon_s = 60;
  by.charge_target_cell_v = 3.5;
  by.discharge_target_cell_v = 3;
  options.charge_current_a = 128;
  options.discharge_current_a = 128;
  options.cells_in_series = 16;
  options.has_temperature = options.has_soc = true;
  return options;
}

limit_inputs quiet() {
  limit_inputs now;
  now.cell_v = {3.25, 3.25, true, true};
  now.temperature_c = {24, 24, true, true};
  now.soc_percent = 50;
  now.charge_cap_a = now.discharge_cap_a = std::numeric_limits<double>::infinity();
  return now;
}

rack_limits at_once(const limit_inputs& now, const limit_options& options = rack_of_halves()) {
  limit_model model(options);
  return model.step(now, at(0));
}

} // namespace

TEST_CASE("a trend is told from 10 s after the first value on, by the slope since then") {
  for (const std::int64_t early_us : {1, 0}) {
    temperature_trend trend(60, 128);
    CHECK(trend.ahead(1, us_per_s / 2) == 1); // also in the first second of all time
    CHECK(trend.ahead(2.25, us_per_s / 2 + 10 * us_per_s - early_us) ==
          (early_us > 0 ? Approx(2.25) : Approx(2.25 + 0.125 * 128)));
  }
}

TEST_CASE("a value that is 2 K from the one before begins a trend anew, a nearer one does not") {
  for (const double step_k : {2.0, -2.0, 1.75}) {
    temperature_trend trend(60, 128);
    static_cast<void>(trend.ahead(20, at(0)));
    static_cast<void>(trend.ahead(20 + step_k, at(5)));
    CAPTURE(step_k);
    CHECK(trend.ahead(21.75, at(10)) ==
          (step_k == 1.75 ? Approx(21.75 + 0.175 * 128) : Approx(21.75)));
  }
}

TEST_CASE("values of a trend are kept a second apart, and jumps are judged by those") {
  for (const std::int64_t early_us : {1, 0}) {
    temperature_trend trend(60, 128);
    static_cast<void>(trend.ahead(20, at(0)));
    static_cast<void>(trend.ahead(21, at(1) - early_us));
    // 2.5 K from the first, 1.5 K from the second if that one was kept.
    static_cast<void>(trend.ahead(22.5, at(1.5)));
    CHECK(trend.ahead(22.5, at(10)) == (early_us > 0 ? Approx(22.5) : Approx(22.5 + 0.25 * 128)));
  }
}

TEST_CASE("a trend looks back its window and no further, also the longest that there is") {
  for (const double window_s : {20.0, 40.0, messages::protection::trend_s_max}) {
    temperature_trend trend(window_s, 64);
    const int window = static_cast<int>(window_s);
    CAPTURE(window);
    for (int second = 0; second <= 2 * window; ++second) REQUIRE(trend.ahead(20, at(second)) == 20);
    for (int warm = 1; warm <= 2 * window; ++warm) {
      const double now_c = 20 + 0.0625 * warm;
      const double rise_k = 0.0625 * std::min(warm, window);
      REQUIRE(trend.ahead(now_c, at(2 * window + warm)) ==
              Approx(now_c + rise_k / window * 64).epsilon(1e-9));
    }
  }
}

TEST_CASE("a steady rise shows one trend at any time, however long it is watched") {
  temperature_trend trend(messages::protection::trend_s_max, 64);
  for (int second = 0; second <= 400; ++second) {
    const double now_c = 0.0625 * second;
    CAPTURE(second);
    REQUIRE(trend.ahead(now_c, at(second)) == Approx(now_c + (second < 10 ? 0 : 0.0625 * 64)));
  }
}

TEST_CASE("a limit that fell while it rose waits like any other before it rises again") {
  slow_rise rise(1, 4);
  static_cast<void>(rise.step(50, true, at(0)));
  static_cast<void>(rise.step(60, true, at(1)));
  CHECK(rise.step(60, true, at(2)) == 51);
  CHECK(rise.step(40, true, at(2.5)) == 40);
  CHECK(rise.step(43, true, at(3.5)) == 40);
  CHECK(rise.step(43, true, at(12.5) - 1) == 40);
  CHECK(rise.step(43, true, at(12.5)) == 40); // begun
  CHECK(rise.step(43, true, at(13.5)) == 41);
}

TEST_CASE("until everything is complete for the first time a limit takes what is allowed") {
  slow_rise rise(1, 4);
  CHECK(rise.step(50, false, at(0)) == 50);
  CHECK(rise.step(80, false, at(1)) == 80);
  CHECK(rise.step(90, true, at(2)) == 90);
  CHECK(rise.step(95, true, at(3)) == 90);
}

TEST_CASE("a limit that was held down in a former life begins with no more, and rises from there") {
  slow_rise rise(1, 4, 20);
  CHECK(rise.step(0, false, at(0)) == 0); // nothing is known yet
  CHECK(rise.step(80, false, at(1)) == 20);
  CHECK(rise.step(10, false, at(2)) == 10);
  CHECK(rise.step(80, true, at(3)) == 20);
  CHECK(rise.step(80, true, at(4)) == 20); // begun
  CHECK(rise.step(80, true, at(5)) == 21);
  slow_rise more(1, 4, 20);
  CHECK(more.step(15, true, at(0)) == 15);
  CHECK(more.step(19, true, at(1)) == 15);
  CHECK(more.step(19, true, at(2)) == 16);
}

TEST_CASE(
    "what limits are held at goes from one life to the next, and what is unreadable holds all") {
  for (const auto& held : {held_shares{}, held_shares{0, 100}, held_shares{20.5, 1.0 / 3}})
    CHECK(held_shares_of(heirloom_of(held)) == held);
  CHECK(held_shares_of("") == held_shares{});
  for (const auto* broken :
       {"20", "20 ", "20 30 ", "20,30", "-1 30", "20 101", "nan 30", "20 inf", "x"})
    CHECK(held_shares_of(broken) == held_shares{0, 0});
}

TEST_CASE("a limit begins to rise at once where it may by the whole hysteresis, else after 10 s") {
  slow_rise at_it(1, 4);
  static_cast<void>(at_it.step(50, true, at(0)));
  CHECK(at_it.step(54, true, at(1)) == 50); // begun
  CHECK(at_it.step(54, true, at(2) - 1) == 50);
  CHECK(at_it.step(54, true, at(2)) == 51);
  for (const std::int64_t early_us : {1, 0}) {
    slow_rise below(1, 4);
    static_cast<void>(below.step(50, true, at(0)));
    static_cast<void>(below.step(50, true, at(5))); // no more is allowed: the time begins here
    CHECK(below.step(53, true, at(15) - early_us) == 50);
    CHECK(below.step(53, true, at(15)) == 50);
    CHECK(below.step(53, true, at(16) - 1) == 50);
    CHECK(below.step(53, true, at(16)) == 51);
  }
}

TEST_CASE("what is incomplete stops a rise, and its times begin again afterwards") {
  slow_rise rise(1, 4);
  static_cast<void>(rise.step(50, true, at(0)));
  static_cast<void>(rise.step(60, true, at(1)));
  CHECK(rise.step(60, false, at(2)) == 50);
  CHECK(rise.step(60, true, at(2.5)) == 50);
  CHECK(rise.step(60, true, at(3.5) - 1) == 50);
  CHECK(rise.step(60, true, at(3.5)) == 51);
  slow_rise waits(1, 4);
  static_cast<void>(waits.step(50, true, at(0)));
  static_cast<void>(waits.step(52, false, at(5)));
  CHECK(waits.step(52, true, at(14)) == 50);
  CHECK(waits.step(52, true, at(15)) == 50);
  CHECK(waits.step(52, true, at(16) - 1) == 50);
  CHECK(waits.step(52, true, at(16)) == 51);
}

TEST_CASE("a rise counts the time that passed, of a standstill two seconds") {
  for (const auto& [after_s, rises] : {std::pair{1.5, 1.5}, {2.0, 2.0}, {2.5, 2.0}, {60.0, 2.0}}) {
    slow_rise rise(1, 4);
    static_cast<void>(rise.step(50, true, at(0)));
    static_cast<void>(rise.step(100, true, at(1)));
    CHECK(rise.step(100, true, at(1 + after_s)) == Approx(50 + rises));
    CHECK(rise.step(100, true, at(2 + after_s)) == Approx(51 + rises));
  }
}

TEST_CASE("a limit that rose to what is allowed waits again before it takes a little more") {
  slow_rise rise(1, 4);
  static_cast<void>(rise.step(50, true, at(0)));
  for (int second = 1; second <= 5; ++second) CHECK(rise.step(54, true, at(second)) == 49 + second);
  CHECK(rise.step(55, true, at(6)) == 54);
  CHECK(rise.step(55, true, at(15) - 1) == 54);
  CHECK(rise.step(55, true, at(15)) == 54); // begun
  CHECK(rise.step(55, true, at(16) - 1) == 54);
  CHECK(rise.step(55, true, at(16)) == 55);
}

TEST_CASE("curves that leave the same both bind, and a curve that leaves all tells nothing") {
  auto now = quiet();
  now.cell_v.maximum = 3.625;
  now.soc_percent = 98;
  CHECK(at_once(now).charge_a == 64);
  CHECK(at_once(now).reasons == (bit_of(limit_reason::cell_voltage) | bit_of(limit_reason::soc)));
  now = quiet();
  now.cell_v.maximum = 3.5;
  now.temperature_c.maximum = 40;
  now.soc_percent = 96;
  CHECK(at_once(now).charge_a == 128);
  CHECK(at_once(now).reasons == 0);
  now = quiet();
  now.temperature_c.maximum = 44;
  CHECK(at_once(now).charge_a == 64);
  CHECK(at_once(now).reasons == bit_of(limit_reason::temperature)); // it does not move: no trend
}

TEST_CASE(
    "a level and a curve that leave the same tell the curve, a lower level tells itself alone") {
  auto now = quiet();
  now.cell_v.maximum = 3.625;
  now.charge_percent = 50;
  CHECK(at_once(now).reasons == bit_of(limit_reason::cell_voltage));
  now.charge_percent = 49;
  CHECK(at_once(now).reasons == 0);
}

TEST_CASE("a device's own limit that equals the current does not bind, a lower one does") {
  auto now = quiet();
  now.charge_cap_a = 128;
  now.discharge_cap_a = 128;
  CHECK(at_once(now).reasons == 0);
  now.charge_cap_a = 127;
  CHECK(at_once(now).reasons == bit_of(limit_reason::charge_cap));
  CHECK(at_once(now).charge_a == 127);
  now.charge_cap_a = 128;
  now.discharge_cap_a = 127;
  CHECK(at_once(now).reasons == bit_of(limit_reason::discharge_cap));
}

TEST_CASE("what held a limit down is told until it rises, then that it recovers, then nothing") {
  limit_model model(rack_of_halves());
  auto now = quiet();
  now.cell_v.maximum = 3.625;
  CHECK(model.step(now, at(0)).reasons == bit_of(limit_reason::cell_voltage));
  now.cell_v.maximum = 3.25;
  CHECK(model.step(now, at(1)).reasons == bit_of(limit_reason::cell_voltage));
  CHECK(model.step(now, at(1.5)).reasons == bit_of(limit_reason::cell_voltage));
  CHECK(model.step(now, at(2)).reasons == bit_of(limit_reason::rise));
  CHECK(model.step(now, at(2.5)).reasons == bit_of(limit_reason::rise));
  for (int second = 3; second < 60; ++second) static_cast<void>(model.step(now, at(second)));
  CHECK(model.limits().charge_a == 128);
  CHECK(model.limits().reasons == 0);
}

TEST_CASE("F-146 cells, temperatures or SOC that are incomplete let nothing rise, each alone") {
  for (int missing = 0; missing < 4; ++missing) {
    limit_model model(rack_of_halves());
    auto now = quiet();
    now.charge_percent = 50;
    CHECK(model.step(now, at(0)).charge_a == 64);
    now.charge_percent = 100;
    if (missing == 1) now.cell_v.complete = false;
    if (missing == 2) now.temperature_c.complete = false;
    if (missing == 3) now.soc_percent.reset();
    for (int second = 1; second < 60; ++second) static_cast<void>(model.step(now, at(second)));
    CAPTURE(missing);
    CHECK(model.limits().charge_a == (missing == 0 ? 128 : missing == 3 ? 0 : 64));
    auto neither = rack_of_halves();
    neither.has_temperature = missing != 2;
    neither.has_soc = missing != 3;
    limit_model without(neither);
    now.charge_percent = 50;
    static_cast<void>(without.step(quiet(), at(0)));
    CHECK(without.step(now, at(1)).charge_a == 64);
    now.charge_percent = 100;
    for (int second = 2; second < 60; ++second) static_cast<void>(without.step(now, at(second)));
    CHECK(without.limits().charge_a == (missing == 1 ? 64 : 128)); // not measured, not missed
  }
}

TEST_CASE("the lowest cell for power falls at once and rises only when all cells are known") {
  limit_model model(rack_of_halves());
  auto now = quiet();
  const auto power_at = [](double cell_v) { return 128 * 16 * cell_v; };
  CHECK(model.step(now, at(0)).charge_w == Approx(power_at(3.25)));
  now.cell_v.minimum = 3.125;
  CHECK(model.step(now, at(1)).charge_w == Approx(power_at(3.125)));
  now.cell_v = {3.25, 3.25, true, false};
  CHECK(model.step(now, at(2)).charge_w == Approx(power_at(3.125)));
  now.cell_v.minimum = 3;
  CHECK(model.step(now, at(3)).charge_w == Approx(power_at(3)));
  now.cell_v = {3.25, 3.25, true, true};
  CHECK(model.step(now, at(4)).charge_w == Approx(power_at(3.25)));
}

TEST_CASE("a trend is forgotten while no temperature is known") {
  for (const bool is_lost : {false, true}) {
    limit_model model(rack_of_halves());
    auto now = quiet();
    for (int second = 0; second < 30; ++second) {
      now.temperature_c.maximum = 32 + 0.25 * second;
      static_cast<void>(model.step(now, at(second)));
    }
    CHECK((model.limits().reasons & bit_of(limit_reason::temperature_trend)) != 0);
    now.temperature_c.known = now.temperature_c.complete = !is_lost;
    static_cast<void>(model.step(now, at(30)));
    now.temperature_c = {24, 39, true, true};
    // Nothing is allowed while it is unknown, so levels that leave nothing hide no trend.
    const auto reasons = model.step(now, at(31)).reasons;
    CHECK(((reasons & bit_of(limit_reason::temperature_trend)) != 0) == !is_lost);
  }
}

TEST_CASE("a rating of zero has no power, and a target of zero is not told") {
  auto options = rack_of_halves();
  options.charge_current_a = 0;
  options.derating.charge_target_cell_v = 0;
  const auto said = at_once(quiet(), options);
  CHECK(said.charge_w == 0);
  CHECK(said.discharge_w > 0);
  CHECK_FALSE(said.charge_v.has_value());
  CHECK(said.discharge_v == 48);
}

} // namespace voltaic::actors::protection::limit_bounds_test
