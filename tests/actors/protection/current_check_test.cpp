#include <catch2/catch.hpp>

#include "actors/protection/full_rack.hpp"

namespace voltaic::actors::protection::current_check_test {

using testing::full_rack;
using testing::has;

namespace {

/// Lets the rack carry `shown_a` by its sensor and `true_a` by its SOC, for so long.
void carry(full_rack& rack, double shown_a, double true_a, int seconds, double& soc_percent) {
  rack.set(measured::current, shown_a);
  for (int second = 0; second < seconds; ++second) {
    soc_percent -= 100 * true_a / 280 / 3'600;
    rack.set(measured::soc, soc_percent);
    rack.run(1'000);
  }
}

} // namespace

TEST_CASE(
    "F-148 a current sensor that is reversed is told by the rack's voltage within two steps") {
  full_rack rack;
  rack.settle();
  const double rest_v = 3.3 * testing::full_cells;
  rack.set(measured::current, 100);
  rack.set(measured::voltage, rest_v * 1.003);
  rack.run(1'000);
  CHECK_FALSE(has(rack, "current_implausible"));
  rack.set(measured::current, 0);
  rack.set(measured::voltage, rest_v);
  rack.run(1'000);
  CHECK(has(rack, "set current_implausible/alarm rack"));
  CHECK(rack.model.last().limits.charge_a == 70);
  // The right way round again.
  rack.set(measured::current, -100);
  rack.set(measured::voltage, rest_v * 1.003);
  rack.run(11'000);
  CHECK(has(rack, "clear current_implausible/alarm rack"));
}

TEST_CASE("F-148 a gain of ten either way contradicts SOC, one of two does not") {
  for (const auto& [shown_a, true_a, contradicts] :
       {std::tuple{100.0, 100.0, false}, std::tuple{100.0, 50.0, false},
        std::tuple{60.0, 100.0, false}, std::tuple{100.0, 10.0, true},
        std::tuple{10.0, 100.0, true}, std::tuple{100.0, -100.0, true}}) {
    INFO(shown_a << " A shown of " << true_a << " A");
    full_rack rack;
    rack.settle();
    double soc_percent = 60;
    carry(rack, shown_a, true_a, 400, soc_percent);
    CHECK(has(rack, "current_implausible/alarm") == contradicts);
  }
}

TEST_CASE("F-149 a sensor that shows zero while SOC falls is told, SOC that jumps is not") {
  full_rack dead;
  dead.settle();
  double soc_percent = 60;
  carry(dead, 0, 100, 120, soc_percent);
  CHECK(has(dead, "set current_implausible/alarm rack"));
  full_rack jumps;
  jumps.settle();
  for (const double percent : {60.0, 40.0, 70.0, 35.0}) {
    jumps.set(measured::soc, percent);
    jumps.run(30'000);
  }
  CHECK(jumps.log.empty());
}

} // namespace voltaic::actors::protection::current_check_test
