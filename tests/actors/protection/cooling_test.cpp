#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "actors/protection/full_rack.hpp"

// Cooling that is asked for and does not run.
namespace voltaic::actors::protection::cooling_test {

using testing::full_options;
using testing::full_rack;

namespace {

constexpr double hot_c = 46; // asks for the fan

full_rack with_tacho(bool flow = false) {
  auto options = full_options();
  options.points[position_of(measured::fan_tacho)] = {2, 0, 1'000};
  if (flow) options.points[position_of(measured::coolant_flow)] = {1, 0, 1'000};
  options.derating.temperature = {{{45, 100}, {55, 0}}, {{50, 100}, {60, 0}}};
  options.derating.recovery_percent_per_s = 100;
  full_rack rack(options);
  rack.values[position_of(measured::coolant_flow)].assign(flow ? 1 : 0, 0);
  rack.qualities[position_of(measured::coolant_flow)].assign(flow ? 1 : 0, quality::good);
  if (flow) rack.set(measured::coolant_flow, 12);
  rack.set(measured::fan_tacho, 2'000);
  return rack;
}

/// Milliseconds after the fan was asked for; -1: not told.
std::int64_t told(const full_rack& rack, const std::string& what) {
  std::int64_t asked = -1;
  for (const auto& line : rack.log) {
    const auto time = std::stoll(line);
    if (line.find("set charge_overtemperature/warning") != line.npos && asked < 0) asked = time;
    if (line.find(what) != line.npos) return time - asked;
  }
  return -1;
}

void heat(full_rack& rack) {
  rack.settle();
  rack.set(measured::cell_temperature, hot_c);
  rack.mark();
}

} // namespace

TEST_CASE(
    "F-169 a fan that is asked for and stands still warns after 10 s, and alarms after 60 s") {
  auto rack = with_tacho();
  heat(rack);
  rack.set(measured::fan_tacho, 59.999, 1); // one of both is enough
  rack.run(90'000);
  const auto warned = told(rack, "set cooling_failed/warning");
  const auto alarmed = told(rack, "set cooling_failed/alarm");
  CHECK(warned >= 10'000);
  CHECK(warned <= 10'100);
  CHECK(alarmed >= 60'000);
  CHECK(alarmed <= 60'100);
  CHECK(rack.model.last().limits.discharge_a <= 70);
  rack.set(measured::fan_tacho, 60);
  rack.run(13'000);
  CHECK(told(rack, "clear cooling_failed/alarm") > 0);
}

TEST_CASE("F-169 from the warning on a rack is derated as if it were 5 K hotter") {
  auto rack = with_tacho();
  heat(rack);
  rack.set(measured::cell_temperature, 47); // discharge is whole up to 50
  rack.set(measured::fan_tacho, 0);
  rack.run(30'000);
  REQUIRE(told(rack, "set cooling_failed/warning") >= 0);
  CHECK(rack.model.last().limits.discharge_a == Approx(0.8 * 140));
  const auto& reasons = rack.model.last().limits.reasons;
  CHECK(std::ranges::find(reasons, "derating/cooling_failed") != reasons.end());
}

TEST_CASE("F-169 a fan that runs, or that nobody asked for, is none that failed") {
  auto runs = with_tacho();
  heat(runs);
  runs.set(measured::fan_tacho, 60);
  runs.run(90'000);
  CHECK(told(runs, "cooling_failed") == -1);
  auto cool = with_tacho();
  cool.settle();
  cool.set(measured::fan_tacho, 0);
  cool.run(90'000);
  CHECK(told(cool, "cooling_failed") == -1);
}

TEST_CASE("F-169 a tacho that is unusable or silent shows nothing that runs, nor does no flow") {
  auto unusable = with_tacho();
  heat(unusable);
  unusable.set_quality(measured::fan_tacho, quality::invalid, 0);
  unusable.run(30'000);
  CHECK(told(unusable, "set cooling_failed/warning") >= 0);
  auto silent = with_tacho();
  heat(silent);
  silent.silence(measured::fan_tacho);
  silent.run(30'000);
  CHECK(told(silent, "set cooling_failed/warning") >= 0);
  for (const double flow : {0.099, 0.1}) {
    auto dry = with_tacho(true);
    heat(dry);
    dry.set(measured::coolant_flow, flow);
    dry.run(30'000);
    CHECK((told(dry, "set cooling_failed/warning") >= 0) == (flow < 0.1));
  }
}

} // namespace voltaic::actors::protection::cooling_test
