#include <catch2/catch.hpp>
#include <string>
#include <variant>

#include "messages/support/profiles.hpp"

namespace profiles_derating_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

std::string profile_with(const std::string& derating) {
  return R"({ "name": "test", "version": 1, "protocol": "can", "commissioned": false,
  "derating": )" +
         derating + R"(,
  "points": {
    "soc": { "channel": "Soc", "type": "u16", "unit": "%", "period_ms": 100 },
    "cell_voltage": { "channel": "CellVoltage", "type": "u16", "unit": "V", "period_ms": 100 }
  },
  "messages": [ { "name": "values", "id": "0x100", "length": 8, "signals": [
    { "point": "soc", "start": 0, "length": 16 },
    { "point": "cell_voltage", "start": 16, "length": 16 } ] } ] })";
}

/// The text of the only finding.
std::string finding_of(const std::string& derating) {
  const auto result = load_profile(profile_with(derating), "f");
  if (std::holds_alternative<device_profile>(result)) return "none";
  const auto& found = std::get<findings>(result);
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 2);
  return found[0].text;
}

} // namespace

TEST_CASE("a profile states its derating") {
  const auto profile = load_good(profile_with(R"({
    "charge_by_cell_voltage": [[3.46, 100], [3.56, 2], [3.615, 0]], "discharge_by_soc": [[5, 0]],
    "recovery_percent_per_s": 0.5, "hysteresis_percent": 2, "trend_window_s": 30,
    "trend_horizon_s": 0, "charge_target_cell_v": 3.5, "discharge_target_cell_v": 3 })"));
  const auto& stated = profile.derating;
  CHECK(stated.charge_by_cell_voltage == protection::curve{{3.46, 100}, {3.56, 2}, {3.615, 0}});
  CHECK(stated.discharge_by_soc == protection::curve{{5, 0}});
  CHECK_FALSE(stated.charge_by_soc);
  CHECK(stated.recovery_percent_per_s == 0.5);
  CHECK(stated.trend_horizon_s == 0);
  CHECK(stated.charge_target_cell_v == 3.5);
  CHECK(load_good(profile_with("{}")).derating == protection::stated_derating{});
}

TEST_CASE("F-180 a wrong derating is found at its key") {
  CHECK(finding_of(R"({ "charge_by_soc": [] })") ==
        "derating.charge_by_soc: expected 1 to 16 corners");
  CHECK(finding_of(R"({ "charge_by_soc": [[90, 100], [80, 0]] })") ==
        "derating.charge_by_soc: values must rise from corner to corner");
  CHECK(finding_of(R"({ "charge_by_soc": [[90, 0], [95, 100]] })") ==
        "derating.charge_by_soc: what is left must not rise with the value");
  CHECK(finding_of(R"({ "discharge_by_cell_voltage": [[2.8, 100], [3, 0]] })") ==
        "derating.discharge_by_cell_voltage: what is left must not fall with the value");
  CHECK(finding_of(R"({ "charge_by_soc": [[90, 101]] })") ==
        "derating.charge_by_soc: percents lie between 0 and 100");
  CHECK(finding_of(R"({ "charge_by_soc": [90, 100] })") ==
        "derating.charge_by_soc: expected corners [value, percent]");
  CHECK(finding_of(R"({ "charge_by_temperature": [[25, 100]] })") ==
        "derating.charge_by_temperature: there is no point \"cell_temperature\"");
  CHECK(finding_of(R"({ "hysteresis_percent": 1 })") ==
        "derating.hysteresis_percent: expected a number from 1.5 to 50");
  CHECK(finding_of(R"({ "recovery_percent_per_s": 0 })") ==
        "derating.recovery_percent_per_s: expected a number from 0.001 to 100");
  CHECK(finding_of(R"({ "charge_target_cell_v": 3, "discharge_target_cell_v": 3 })") ==
        "derating.charge_target_cell_v: must be above discharge_target_cell_v");
  CHECK(finding_of(R"({ "charge_by_heat": [] })")
            .starts_with("derating.charge_by_heat: unknown key"));
  CHECK(finding_of("[]") == "derating: expected an object");
}

} // namespace profiles_derating_test
