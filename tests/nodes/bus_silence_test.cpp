#include <catch2/catch.hpp>

#include <memory>

#include "messages/inverter/inverter_profile.hpp"
#include "messages/support/profiles.hpp"
#include "nodes/process/bus_silence.hpp"

namespace bus_silence_test {

using namespace voltaic;
using messages::profiles::device_profile;
using nodes::process::silence_us_of;

namespace {

constexpr std::int64_t s = 1'000'000;

nodes::site::device device_with(std::uint32_t period_ms) {
  auto profile = *tests::demo_rack();
  for (auto& message : profile.messages) message.period_ms = period_ms;
  nodes::site::device made;
  made.name = "bms_0";
  made.bus = "can0";
  made.profile = std::make_shared<const device_profile>(std::move(profile));
  return made;
}

} // namespace

TEST_CASE("a bus is silent after three of its shortest periods, and not within a second") {
  nodes::site::plan plan;
  plan.devices = {device_with(100)};
  CHECK(silence_us_of(plan, "can0") == s);
  plan.devices = {device_with(2'000), device_with(5'000)};
  CHECK(silence_us_of(plan, "can0") == 6 * s);
  CHECK(silence_us_of(plan, "can1") == 0); // nothing is expected there
}

TEST_CASE("a bus on which an inverter alone speaks is silent after three of its seconds") {
  messages::inverter::inverter_profile profile;
  profile.keep_alive.emplace();
  nodes::site::inverter inverter;
  inverter.bus = "can1";
  inverter.profile = std::make_shared<const messages::inverter::inverter_profile>(profile);
  nodes::site::plan plan;
  plan.inverters = {inverter};
  CHECK(silence_us_of(plan, "can1") == 3 * s);
}

} // namespace bus_silence_test
