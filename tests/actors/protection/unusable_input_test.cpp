#include <catch2/catch.hpp>

#include <limits>

#include "actors/protection/bench_rack.hpp"
#include "actors/protection/full_rack.hpp"
#include "actors/protection/ladder_model.hpp"

namespace voltaic::actors::protection::unusable_input_test {

using testing::bench_rack;
using testing::currents;
using testing::currents_of;
using testing::data_ms;
using testing::full_rack;
using testing::has;
using testing::margin_ms;
using testing::options_for;
using testing::scan_ms;

TEST_CASE("F-141 what is not a number never becomes a value") {
  CHECK_FALSE(millionths(std::numeric_limits<double>::quiet_NaN()).has_value());
  CHECK_FALSE(millionths(std::numeric_limits<double>::infinity()).has_value());
  CHECK_FALSE(millionths(-std::numeric_limits<double>::infinity()).has_value());
  CHECK_FALSE(millionths(1e300).has_value());
  CHECK(millionths(3550 * 0.001) == 3'550'000);
  CHECK(millionths(2800 * 0.001) == 2'800'000);
}

TEST_CASE("F-142 an unusable cell neither trips, nor clears, nor forgets") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(0, 3.66);
  rack.run(800); // most of the fault's second
  rack.qualities[0] = quality::invalid;
  rack.set(0, 6.0);
  rack.run(5'000);
  CHECK(rack.count("set", "cell_overvoltage/fault") == 0);
  CHECK(rack.count("set", "cell_overvoltage/hard") == 0);
  CHECK(rack.count("set", "sensor_invalid/warning") == 1);
  rack.qualities[0] = quality::good; // the integrator was held, not emptied
  rack.set(0, 3.66);
  rack.mark();
  rack.run(600);
  CHECK(rack.time_of("set", "cell_overvoltage/fault") >= 0);
  rack.set(0, 3.3);
  rack.run(9'000);
  rack.qualities[0] = quality::invalid; // breaks the clear time
  rack.run(400);
  rack.qualities[0] = quality::good;
  rack.run(5'000);
  CHECK(rack.count("latch", "cell_overvoltage/fault") == 0);
  rack.run(6'000);
  CHECK(rack.count("latch", "cell_overvoltage/fault") == 1);
}

TEST_CASE("F-144 one cell far beyond all others trips") {
  bench_rack rack(options_for("lfp", 480));
  rack.settle();
  rack.set(477, 3.70);
  rack.run(1'500);
  REQUIRE(rack.count("set", "cell_overvoltage/fault") == 1);
  CHECK(rack.log.front().told.scope == "module_29:cell_13");
}

TEST_CASE("F-145 all cells unusable alarms at once and opens after one second") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  std::ranges::fill(rack.qualities, quality::invalid);
  rack.scan();
  rack.mark();
  CHECK(rack.tick().limits.charge_a == 0);
  CHECK(rack.tick().limits.discharge_a == 0);
  CHECK(rack.tick().verdict.granted);
  rack.run(2'000);
  CHECK(rack.time_of("set", "sensor_invalid/fault") >= 1'000);
  CHECK(rack.time_of("set", "sensor_invalid/fault") <= 1'000 + scan_ms + data_ms + margin_ms);
  CHECK(rack.tick().verdict.opening == messages::opening::ordered);
}

TEST_CASE("F-146 one unusable cell derates, two stop the current") {
  bench_rack rack(options_for("lfp", 480));
  rack.settle();
  rack.qualities[100] = quality::invalid;
  rack.run(400);
  CHECK(currents_of(rack.tick()) == currents{70, 60, {"sensor_invalid/warning"}});
  REQUIRE(rack.log.size() == 1);
  CHECK(rack.log[0].told.scope == "module_6:cell_4");
  rack.qualities[101] = quality::invalid;
  rack.run(400);
  CHECK(rack.tick().limits.charge_a == 0);
  CHECK(rack.tick().limits.discharge_a == 0);
  CHECK(rack.tick().verdict.granted);
  CHECK(invalid_alarm_count(480) == 2);
  CHECK(invalid_alarm_count(100) == 1); // one of a hundred is one percent
  CHECK(invalid_alarm_count(101) == 2);
}

TEST_CASE("silence warns, stops the current and opens at its times, and ends after three scans") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.tick_ms = 10;
  rack.scan();
  rack.mark();
  rack.silent = true;
  rack.run(6'000);
  CHECK(rack.lines() == std::vector<std::string>{"300 set communication_loss/warning cell_voltage",
                                                 "1000 set communication_loss/alarm cell_voltage",
                                                 "5000 set communication_loss/fault cell_voltage"});
  CHECK(rack.tick().verdict.opening == messages::opening::ordered);
  rack.silent = false;
  rack.mark();
  rack.run(350); // two scans
  CHECK(rack.log.empty());
  rack.run(200);
  CHECK(rack.count("clear", "communication_loss/fault") == 1);
  CHECK(rack.tick().verdict.close_allowed);
}

TEST_CASE("closing waits while a silence is only warned about") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  REQUIRE(rack.tick().verdict.close_allowed);
  rack.scan();
  rack.silent = true;
  rack.run(500);
  CHECK(rack.count("set", "communication_loss/warning") == 1);
  CHECK(rack.count("set", "communication_loss/alarm") == 0);
  CHECK(rack.tick().verdict.granted);
  CHECK_FALSE(rack.tick().verdict.close_allowed);
}

TEST_CASE("stale thresholds grow with the period of the data") {
  CHECK(silence_after(100).warning_ms == 300);
  CHECK(silence_after(1'000).warning_ms == 1'500);
  CHECK(silence_after(1'000).alarm_ms == 3'000);
  CHECK(silence_after(2'000).fault_ms == 10'000);
}

TEST_CASE("one element that falls silent counts like silence, though all others go on") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.qualities[7] = quality::stale;
  rack.mark();
  rack.run(2'000);
  CHECK(rack.time_of("set", "communication_loss/warning") >= 0);
  // That it comes again and may never be used is borne for three periods.
  const auto held_ms = recovery_hold_us(data_ms) / messages::us_per_ms;
  CHECK(rack.time_of("set", "communication_loss/alarm") >= 1'000 - data_ms);
  CHECK(rack.time_of("set", "communication_loss/alarm") <= 1'000 + held_ms + data_ms);
  rack.set(8, 3.70); // the others are still protected
  rack.run(1'500);
  CHECK(rack.count("set", "cell_overvoltage/fault") == 1);
}

TEST_CASE("what was repeated without a new source time stays old") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  const auto source_us = rack.now_us;
  rack.scan();
  rack.mark();
  for (int repeat = 0; repeat < 20; ++repeat) {
    rack.now_us += 50'000;
    const element_block blocks[] = {{0, source_us, rack.values, quality::good, {}}};
    inputs news;
    news.blocks = blocks;
    rack.model.step(news, {rack.now_us, rack.now_us});
  }
  CHECK(rack.tick().limits.charge_a == 0);
}

TEST_CASE(
    "insulation that is unusable for a day bars closing, whether somebody speaks then or not") {
  full_rack rack;
  rack.settle();
  rack.set_quality(measured::insulation_resistance, quality::invalid);
  rack.run(1'000);
  rack.silence(measured::insulation_resistance);
  const auto unusable_us = rack.now_us;
  for (const std::int64_t after_ms : {86'399'999, 86'400'000}) {
    rack.now_us = unusable_us + after_ms * messages::us_per_ms;
    rack.step();
    CAPTURE(after_ms);
    CHECK(has(rack, "set sensor_invalid/alarm insulation_resistance") == (after_ms == 86'400'000));
  }
}

} // namespace voltaic::actors::protection::unusable_input_test
