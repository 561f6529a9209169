#include <catch2/catch.hpp>

#include <algorithm>

#include "actors/protection/full_rack.hpp"
#include "actors/protection/rise_model.hpp"

// What values say about each other, just before each bound and on it.
namespace voltaic::actors::protection::plausibility_bounds_test {

using testing::full_options;
using testing::full_rack;
using testing::has;
using lines = std::vector<std::string>;

namespace {

/// The lines that speak of one candidate.
lines of(const full_rack& rack, const std::string& candidate) {
  lines found;
  std::ranges::copy_if(rack.log, std::back_inserter(found), [&](const auto& line) {
    return line.find(" " + candidate + "/") != line.npos;
  });
  return found;
}

/// One sensor warms by 2 K each second.
void warm(full_rack& rack, int seconds, double& celsius) {
  for (int second = 0; second < seconds; ++second) {
    rack.set(measured::cell_temperature, celsius += 2, 3);
    rack.run(1'000);
  }
}

/// How many scans it takes until a rise is known.
int scans_until_known(std::uint32_t period_ms, std::int64_t apart_us) {
  rise_model model(1, period_ms);
  element_values values(1);
  values.valid[0] = -1;
  for (int scans = 1; scans < 100; ++scans) {
    values.value[0] = scans;
    values.summarise();
    model.step(values, 1'000'000'000 + scans * apart_us);
    if (model.rates().any_valid) return scans;
  }
  return 0;
}

} // namespace

TEST_CASE("a limit that falls is judged at once, however seldom the current is sampled") {
  for (const double direction : {-1.0, 1.0}) {
    auto options = full_options();
    options.points[position_of(measured::current)].period_ms = 2'000;
    full_rack rack(options);
    rack.set(measured::current, direction * 100);
    rack.run(9'000);
    REQUIRE(rack.log.empty());
    while (rack.now_us % 2'000'000 != 200'000) rack.run(50);
    rack.mark();
    // The alarm stops this direction 200 ms after a sample of the current.
    rack.set(measured::cell_voltage, direction < 0 ? 3.62 : 2.75, 3);
    rack.run(30'000);
    const std::string over = direction < 0 ? "charge_overcurrent" : "discharge_overcurrent";
    CHECK(of(rack, over) ==
          lines{"7200 set " + over + "/warning rack", "7450 set " + over + "/alarm rack",
                "7450 set " + over + "/fault rack", "7450 set " + over + "/hard rack"});
    CHECK(of(rack, "limit_ignored") ==
          lines{"4200 set limit_ignored/alarm rack", "7200 set limit_ignored/fault rack"});
  }
}

TEST_CASE(
    "F-166 a limit of exactly 5 % of the rating can be kept to, a lower one is as good as none") {
  for (const double percent : {5.0, 4.0}) {
    auto options = full_options();
    for (auto& watched : options.table.candidates) {
      if (watched.name != "cell_overvoltage") continue;
      for (auto& limit : watched.limits)
        if (limit.level == messages::protection::level::warning)
          for (auto& action : limit.actions) action.percent = percent;
    }
    full_rack rack(options);
    rack.settle();
    rack.set(measured::cell_voltage, 3.56, 3);
    rack.run(5'000);
    REQUIRE(rack.model.last().limits.charge_a == 140 * percent / 100);
    rack.set(measured::current, -7.2); // a little more than 5 %
    rack.run(10'000);
    CHECK(of(rack, "limit_ignored").empty() == (percent == 5.0));
  }
}

TEST_CASE("SOC of 0 percent is believed with a cell exactly at the voltage of an empty one") {
  for (const auto& [lowest_v, believed] : {std::pair{3.0, true}, {3.001, false}}) {
    full_rack rack;
    rack.settle();
    rack.set(measured::cell_voltage, lowest_v, 7);
    rack.set(measured::soc, 0);
    rack.run(10'000);
    CAPTURE(lowest_v);
    CHECK(has(rack, "soc_implausible") == !believed);
  }
}

TEST_CASE("F-170 what heats itself runs away where anything is hot, from exactly that bound on") {
  for (const auto& [hottest_c, runs] : {std::pair{60.0, true}, {59.9, false}}) {
    full_rack rack;
    rack.set(measured::cell_temperature, hottest_c, 5); // from the first scan on
    rack.settle();
    double celsius = 25;
    warm(rack, 10, celsius);
    CAPTURE(hottest_c);
    CHECK(has(rack, "set thermal_runaway/hard module_0:temperature_3") == runs);
  }
}

TEST_CASE("F-170 a cell breaks down below three quarters of the largest beside it, not at them") {
  for (const auto& [volt, runs] : {std::pair{2.475, false}, {2.474, true}}) {
    full_rack rack;
    rack.settle();
    rack.set(measured::cell_voltage, volt, 3); // of 3.3
    double celsius = 25;
    warm(rack, 10, celsius);
    CAPTURE(volt);
    CHECK(has(rack, "thermal_runaway") == runs);
  }
}

TEST_CASE("F-170 cells that tell nothing break down as little as sound ones") {
  full_rack rack;
  rack.settle();
  rack.set_quality(measured::cell_voltage, quality::invalid);
  double celsius = 25;
  warm(rack, 10, celsius);
  CHECK_FALSE(has(rack, "thermal_runaway"));
}

TEST_CASE("F-170 a rise counts only while a cell breaks down, or something is hot") {
  auto options = full_options();
  options.points[position_of(measured::cell_temperature)].period_ms = 500;
  for (const bool is_broken : {false, true}) {
    full_rack rack(options);
    rack.settle();
    for (int half_second = 0; half_second < 30; ++half_second) {
      rack.set(measured::cell_temperature, 20 + half_second, 3);
      // For one scan, half as long as it takes; or for good.
      rack.set(measured::cell_voltage,
               half_second == 10 || (is_broken && half_second > 10) ? 2.4 : 3.3, 3);
      rack.run(500);
    }
    CHECK(has(rack, "thermal_runaway") == is_broken);
  }
}

TEST_CASE("a rise spans 3 s, rounded up to whole scans, and pieces of a scan are one") {
  CHECK(scans_until_known(1'000, 1'000'000) == 4);
  CHECK(scans_until_known(700, 700'000) == 6);
  CHECK(scans_until_known(1'000, 500'000) == 4);
  CHECK(scans_until_known(1'000, 499'999) == 7); // each second one belongs to the one before
}

TEST_CASE("F-140 cells that rest while the current is unknown are not frozen") {
  full_rack rack;
  rack.settle();
  rack.set_quality(measured::current, quality::invalid);
  rack.run(60'000);
  CHECK_FALSE(has(rack, "sensor_frozen"));
}

} // namespace voltaic::actors::protection::plausibility_bounds_test
