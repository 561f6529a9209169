#include <catch2/catch.hpp>

#include <algorithm>

#include "actors/protection/full_rack.hpp"

namespace voltaic::actors::protection::inputs_test {

using testing::full_options;
using testing::full_rack;
using testing::has;
using lines = std::vector<std::string>;

TEST_CASE("every candidate of the table has its input where the device reports all") {
  full_rack rack;
  CHECK(rack.model.unbound().empty());
  auto options = full_options();
  options.points[position_of(measured::voltage)] = {};
  CHECK(protection_model(options).unbound() == lines{"rack_overvoltage", "rack_undervoltage",
                                                     "insulation_resistance_low",
                                                     "voltage_sum_mismatch"});
}

TEST_CASE("nothing is closed before every point that protects was heard, but for estimates") {
  full_rack rack;
  rack.silence(measured::cell_temperature);
  rack.silence(measured::soc);
  rack.silence(measured::insulation_resistance);
  CHECK_FALSE(rack.run(60'000).verdict.granted);
  rack.silence(measured::cell_temperature, false);
  CHECK(rack.run(1'000).verdict.close_allowed);
}

TEST_CASE("SOC that is low stops discharge, lets charge flow and never opens, and SOC high turns") {
  full_rack rack;
  rack.settle();
  rack.set(measured::soc, 4);
  const auto& empty = rack.run(40'000);
  CHECK(empty.limits.discharge_a == 0);
  CHECK(empty.limits.charge_a == 140);
  CHECK(empty.verdict.granted);
  CHECK(empty.verdict.close_allowed);
  rack.set(measured::soc, 100);
  CHECK(rack.run(80'000).limits.discharge_a < 140); // it rises slowly
  const auto& full = rack.run(80'000);
  CHECK(full.limits.discharge_a == 140);
  CHECK(full.limits.charge_a == 0);
  CHECK(full.verdict.granted);
}

TEST_CASE("an overcurrent is the ratio to the limit in force, at least 5 percent of the rated") {
  auto options = full_options();
  options.reports_discharge_limit = true;
  full_rack rack(options);
  rack.settle();
  inputs news;
  const auto limit_to = [&](double ampere) {
    news.discharge_limit = reported_limit{ampere, quality::good};
    rack.model.step(news, {rack.now_us, rack.now_us});
  };
  limit_to(50);
  rack.set(measured::current, 50.9);
  for (int second = 0; second < 12; ++second, limit_to(50)) rack.run(1'000);
  CHECK(rack.log.empty());
  rack.set(measured::current, 51);
  rack.mark();
  for (int second = 0; second < 6; ++second, limit_to(50)) rack.run(1'000);
  CHECK(rack.log == lines{"5100 set discharge_overcurrent/warning rack"});
  // Of nothing, 5 % of 140 A are left as the base, and charging is judged by itself.
  limit_to(0);
  rack.set(measured::current, 7.1);
  rack.mark();
  for (int second = 0; second < 12; ++second, limit_to(0)) rack.run(1'000);
  CHECK_FALSE(has(rack, "set discharge_overcurrent"));
  CHECK_FALSE(has(rack, "charge_overcurrent/warning rack set"));
}

TEST_CASE("a limit that falls gives time to follow before a large overcurrent counts") {
  full_rack rack;
  rack.settle();
  rack.set(measured::current, 100);
  rack.run(1'000);
  rack.set(measured::soc, 9); // stops discharge after 30 s
  rack.run(30'100);
  REQUIRE(rack.model.last().limits.discharge_a == 0);
  rack.mark();
  rack.run(1'500);
  CHECK_FALSE(has(rack, "discharge_overcurrent/hard"));
  rack.set(measured::current, 0); // it followed
  rack.run(20'000);
  CHECK_FALSE(has(rack, "discharge_overcurrent"));
  // Who does not follow is opened.
  rack.set(measured::current, 100);
  rack.run(1'000);
  CHECK(has(rack, "set discharge_overcurrent/hard"));
}

TEST_CASE("a condition that does not hold keeps a level from setting, not from staying") {
  full_rack rack;
  rack.settle();
  rack.set(measured::cell_temperature, 56, 3);
  rack.run(20'000);
  CHECK_FALSE(has(rack, "charge_overtemperature/fault"));
  rack.set(measured::current, -5.6); // not over 0.02 C
  rack.run(20'000);
  CHECK_FALSE(has(rack, "charge_overtemperature/fault"));
  rack.set(measured::current, -5.7);
  rack.mark();
  rack.run(5'200);
  CHECK(has(rack, "set charge_overtemperature/fault module_0:temperature_3"));
  rack.set(measured::current, 0);
  rack.run(60'000);
  CHECK_FALSE(has(rack, "latch charge_overtemperature/fault"));
  CHECK_FALSE(rack.model.reset(messages::lock_right::given, true).empty()); // it is still as hot
}

TEST_CASE("what a condition asks for and nobody knows counts as the worst") {
  auto options = full_options();
  options.points[position_of(measured::current)] = {};
  full_rack rack(options);
  rack.settle();
  rack.set(measured::cell_temperature, 56, 3);
  rack.run(6'200);
  CHECK(has(rack, "set charge_overtemperature/fault"));
}

TEST_CASE("a fault value of discharging counts for charging without any current") {
  full_rack rack;
  rack.settle();
  rack.set(measured::cell_temperature, 60, 3);
  rack.run(6'200);
  CHECK(has(rack, "set charge_overtemperature/fault"));
  CHECK(has(rack, "set discharge_overtemperature/fault"));
}

TEST_CASE("F-147 cells and rack voltage that do not add up are told, not where a cell is unknown") {
  full_rack rack;
  rack.settle();
  rack.set(measured::voltage, 3.3 * 32 * 1.006);
  rack.run(1'400);
  CHECK(has(rack, "set voltage_sum_mismatch/warning rack"));
  full_rack other;
  other.settle();
  other.set_quality(measured::cell_voltage, quality::invalid, 5);
  other.set(measured::voltage, 3.3 * 32 * 1.05);
  other.run(5'000);
  CHECK_FALSE(has(other, "voltage_sum_mismatch"));
}

TEST_CASE("F-150 F-146 each input has its own ladder, which names it") {
  full_rack rack(full_options("lfp", 480));
  rack.settle();
  rack.set_quality(measured::cell_temperature, quality::invalid, 9);
  rack.run(1'000);
  CHECK(rack.log == lines{"1000 set sensor_invalid/warning module_1:temperature_1"});
  CHECK(rack.model.last().limits.charge_a == 70);
  rack.set_quality(measured::cell_temperature, quality::invalid, 2);
  rack.mark();
  rack.run(1'000);
  CHECK(rack.log == lines{"1000 set sensor_invalid/alarm cell_temperature"});
  CHECK(rack.model.last().limits.charge_a == 0);
  CHECK(rack.model.last().verdict.granted);
  rack.set_quality(measured::cell_temperature, quality::invalid);
  rack.mark();
  CHECK_FALSE(rack.run(2'100).verdict.granted);
  CHECK(rack.log == lines{"2000 set sensor_invalid/fault cell_temperature"});
}

TEST_CASE("F-149 a current sensor that falls silent opens after half a second") {
  full_rack rack;
  rack.settle();
  rack.silence(measured::current);
  rack.run(1'000);
  CHECK(rack.log == lines{"300 set communication_loss/warning current",
                          "500 set communication_loss/fault current"});
  CHECK(rack.model.last().verdict.opening == messages::opening::ordered);
}

TEST_CASE("temperatures that fall silent warn, stop and open with their own period") {
  full_rack rack;
  rack.settle();
  rack.silence(measured::cell_temperature);
  rack.run(6'000);
  CHECK(rack.log == lines{"1500 set communication_loss/warning cell_temperature",
                          "3000 set communication_loss/alarm cell_temperature",
                          "5000 set communication_loss/fault cell_temperature"});
}

TEST_CASE("a limit that several inputs hold down for one reason names it once") {
  full_rack rack;
  rack.settle();
  rack.silence(measured::cell_temperature);
  rack.silence(measured::soc);
  rack.run(4'000);
  REQUIRE(has(rack, "set communication_loss/alarm cell_temperature"));
  REQUIRE(has(rack, "set communication_loss/alarm soc"));
  const auto& limits = rack.model.last().limits;
  for (const auto* reasons : {&limits.reasons, &limits.charge_reasons, &limits.discharge_reasons}) {
    CHECK(std::ranges::count(*reasons, "communication_loss/alarm") == 1);
    for (const auto& each : *reasons) CHECK(std::ranges::count(*reasons, each) == 1);
  }
}

TEST_CASE("SOC that is lost stops the current and never opens, an insulation monitor only warns") {
  full_rack rack;
  rack.settle();
  rack.silence(measured::soc);
  rack.silence(measured::insulation_resistance);
  const auto& said = rack.run(60'000);
  CHECK(said.limits.charge_a == 0);
  CHECK(said.verdict.granted);
  CHECK(has(rack, "set communication_loss/alarm soc"));
  CHECK(has(rack, "set communication_loss/warning insulation_resistance"));
  CHECK_FALSE(has(rack, "fault"));
}

TEST_CASE("latches of one name are kept apart by their inputs") {
  full_rack rack;
  rack.settle();
  rack.set_quality(measured::cell_temperature, quality::invalid);
  rack.set_quality(measured::voltage, quality::invalid);
  rack.run(3'000);
  std::vector<stored_latch> stored;
  lines keys;
  for (const auto& row : rack.model.rows()) {
    if (!row.latched) continue;
    keys.push_back(row.key);
    stored.push_back({row.candidate, "fault", "user", row.scope, row.key});
  }
  CHECK(keys == lines{"sensor_invalid/fault/cell_temperature", "sensor_invalid/fault/voltage"});
  protection_model next(full_options());
  next.load_latches(stored, false);
  for (const auto& row : next.rows()) {
    CHECK(row.latched == (std::ranges::find(keys, row.key) != keys.end()));
  }
}

TEST_CASE("fan, heater and balancing are asked for while a level wants them") {
  full_rack rack;
  rack.settle();
  CHECK(rack.model.last().requests == requests{});
  rack.set(measured::cell_temperature, 46, 0);
  rack.run(11'000);
  CHECK(rack.model.last().requests == requests{.fan = true});
  rack.set(measured::cell_temperature, 4);
  rack.run(21'000);
  CHECK(rack.model.last().requests == requests{.heater = true});
  rack.set(measured::cell_temperature, 25);
  rack.set(measured::cell_voltage, 3.46, 4);
  rack.set(measured::voltage, 3.3 * 32 + 0.16);
  rack.run(31'500);
  CHECK(rack.model.last().requests == requests{.balance = true});
}

} // namespace voltaic::actors::protection::inputs_test
