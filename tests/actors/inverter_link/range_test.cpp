#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include "actors/inverter_link/link_bench.hpp"
#include "messages/event_codes.hpp"

namespace range_test {

using namespace voltaic;
using namespace voltaic::actors::inverter_link;
using namespace voltaic::actors::inverter_link::testing;
using messages::inverter::item_of;

namespace {

model_options small_fields() {
  return options_of("victron.json"); // its voltage ends at 327.67 V
}

messages::inverter::payload told_by(const std::vector<messages::can::frame>& frames) {
  const auto profile = tests::shared_inverter("victron.json");
  messages::inverter::payload told;
  for (const auto& each : frames)
    messages::inverter::decode(profile->frames, profile->options, each, told);
  return told;
}

auto range_reports(const bench& of) {
  return std::ranges::count(of.reports, messages::event_codes::inverter_range, &report::code);
}

constexpr std::size_t voltage_place = 2; ///< in the battery's values

} // namespace

TEST_CASE("an inverter that cannot be told its battery's voltage is told that nothing may flow") {
  bench bench(small_fields());
  bench.pass(6 * second);
  const auto told = told_by(bench.frames);
  CHECK_FALSE(told.number(item_of("voltage"))); // never 327.67 V
  CHECK(told.number(item_of("charge_current_limit")) == 0);
  CHECK(told.number(item_of("discharge_current_limit")) == 0);
  CHECK(bench.link.told().charge.front().cause == cause::cannot_say);
  CHECK(bench.link.told().discharge.front().cause == cause::cannot_say);
  CHECK(bench.link.told().charge_power_w == 0);
  CHECK(bench.state_told(messages::event_codes::inverter_communication) == "Degraded");
  REQUIRE(range_reports(bench) == 1); // once, not each step
  const auto said =
      std::ranges::find(bench.reports, messages::event_codes::inverter_range, &report::code);
  CHECK(said->state == "cannot_say");
  CHECK(said->reason == "voltage of 1584.0 V (its field holds -327.68 to 327.67)");
}

TEST_CASE("an inverter that could not be told a voltage is told zero until it can be") {
  bench bench(small_fields());
  bench.pass(6 * second);
  bench.values[voltage_place] = std::nullopt; // nobody says it for a while
  bench.pass(range_memory_us + 2 * second);
  CHECK(bench.link.told().charge.front().cause == cause::cannot_say);
  CHECK(bench.link.told().discharge_current_a == 0);
  CHECK(range_reports(bench) == 1);
  bench.values[voltage_place] = 50;
  bench.pass(2 * second);
  CHECK(bench.link.told().discharge.front().cause != cause::cannot_say);
}

TEST_CASE("a battery that its inverter's frames have room for is told as it is, and so again") {
  auto options = small_fields();
  options.charge_voltage_v = 56;
  options.discharge_voltage_v = 44;
  bench bench(options);
  bench.values[voltage_place] = 50;
  bench.pass(6 * second);
  CHECK(bench.link.told().charge_current_a > 0);
  CHECK(range_reports(bench) == 0);
  bench.values[voltage_place] = 400;
  bench.pass(2 * second);
  CHECK(bench.link.told().charge.front().cause == cause::cannot_say);
  bench.values[voltage_place] = 50;
  bench.pass(2 * second);
  CHECK(bench.link.told().charge_current_a > 0); // at once; that it is over is told later
  CHECK(bench.state_told(messages::event_codes::inverter_range) == "cannot_say");
  bench.pass(range_memory_us);
  CHECK(bench.state_told(messages::event_codes::inverter_range) == "says_all");
  CHECK(range_reports(bench) == 2);
}

} // namespace range_test
