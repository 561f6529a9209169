#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "actors/simulator/equipment_model.hpp"
#include "messages/profiles/load.hpp"
#include "messages/profiles/register_plan.hpp"

// Each piece of equipment is seen as the site sees it: through its profile.
namespace voltaic::actors::simulator::equipment_test {
namespace {

using messages::modbus::exception;
using messages::modbus::table;
namespace profiles = messages::profiles;

constexpr std::int64_t second = 1'000'000;

profiles::device_profile profile_of(const std::string& kind) {
  std::ifstream file(VOLTAIC_SOURCE_FOLDER "/configs/profiles/demo_" + kind + ".json");
  std::stringstream text;
  text << file.rdbuf();
  auto loaded = profiles::load_profile(text.str(), kind);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) FAIL(found->front().text);
  return std::get<profiles::device_profile>(std::move(loaded));
}

struct bench {
  explicit bench(const std::string& kind)
      : profile(profile_of(kind)),
        plan(*profiles::register_plan::compile(profile)),
        unit(make_equipment(kind)) {
    unit->step(now_us);
  }
  void live(double seconds) {
    for (int i = 0; i < static_cast<int>(seconds * 10); ++i) unit->step(now_us += second / 10);
  }
  /// All values by name; what is not good is missing. Arrays show their first.
  std::map<std::string, double> values() {
    std::map<std::string, double> result;
    std::vector<profiles::sample> samples;
    for (std::size_t i = 0; i < plan.reads().size(); ++i) {
      const auto& read = plan.reads()[i];
      std::vector<std::uint16_t> registers(read.count);
      const auto from =
          read.table == profiles::register_table::input ? table::input : table::holding;
      REQUIRE_FALSE(unit->read(from, read.address, registers));
      REQUIRE(plan.apply(i, registers, samples));
      for (const auto& each : samples) {
        const auto& point = profile.points[each.point];
        if (!each.good || each.index != 0) continue;
        if (point.type == profiles::raw_type::text)
          texts[point.name] = plan.text_of(i, each.point, registers);
        else
          result[point.name] = point.type == profiles::raw_type::f64
                                   ? each.real
                                   : static_cast<double>(each.raw) * point.scale + point.offset;
      }
    }
    return result;
  }
  double value(const std::string& name) { return values().at(name); }
  std::optional<exception> set(const std::string& name, double wanted) {
    const auto write = plan.encode_set(*plan.find_set(name), wanted);
    REQUIRE(write);
    return unit->write(table::holding, write->address, write->registers);
  }

  profiles::device_profile profile;
  profiles::register_plan plan;
  std::unique_ptr<equipment_model> unit;
  std::int64_t now_us = 3'600 * second;
  std::map<std::string, std::string> texts;
};

TEST_CASE("every point of the demo's equipment has a good value at once") {
  for (const std::string kind : {"inverter", "hvac", "meter"}) {
    CAPTURE(kind);
    bench one(kind);
    const auto seen = one.values();
    CHECK(seen.size() + one.texts.size() == one.profile.points.size());
    for (const auto& point : one.profile.points)
      if (!seen.contains(point.name)) CHECK(one.texts.contains(point.name));
  }
  CHECK(make_equipment("toaster") == nullptr);
}

TEST_CASE("the inverter starts, ramps to its setpoint, keeps its limits and stops") {
  bench one("inverter");
  CHECK_FALSE(one.set("power_setpoint", 60'000));
  one.live(3);
  CHECK(one.value("power") == 0); // nobody started it
  CHECK_FALSE(one.set("run", 1));
  one.live(0.5);
  CHECK(one.value("state") == 1);
  one.live(5);
  CHECK(one.value("state") == 2);
  CHECK(one.value("power") == 60'000);
  CHECK(one.value("current") == Approx(60'000 / 1'580.0).margin(0.1));
  CHECK(one.value("direction") == 1);
  CHECK(one.value("energy_discharged") > 30);
  CHECK(one.texts["serial_number"] == "SIM-INV-0001");
  CHECK_FALSE(one.set("discharge_power_limit", 20'000));
  one.live(5);
  CHECK(one.value("power") == 20'000);
  CHECK_FALSE(one.set("discharge_current_limit", 5));
  one.live(5);
  CHECK(one.value("power") == 5 * 1'580);
  CHECK_FALSE(one.set("discharge_current_limit", 0));
  one.live(5);
  CHECK(one.value("power") == 0);
  CHECK_FALSE(one.set("power_setpoint", -40'000));
  one.live(5);
  CHECK(one.value("power") == -40'000);
  CHECK(one.value("direction") == 2);
  CHECK_FALSE(one.set("run", 0));
  one.live(0.1);
  CHECK(one.value("power") == 0);
  CHECK(one.value("state") == 0);
}

TEST_CASE("the inverter goes to zero when the heartbeat that it knows stands still") {
  bench one("inverter");
  CHECK_FALSE(one.set("run", 1));
  CHECK_FALSE(one.set("power_setpoint", 10'000));
  one.live(30);
  CHECK(one.value("power") == 10'000); // nobody ever gave it one
  CHECK_FALSE(one.set("heartbeat", 1));
  one.live(9);
  CHECK(one.value("power") == 10'000);
  CHECK_FALSE(one.set("heartbeat", 1)); // the same is none
  one.live(2);
  CHECK(one.value("state") == 3);
  CHECK(one.value("faults") == 1);
  CHECK(one.value("power") == 0);
  CHECK_FALSE(one.set("heartbeat", 2));
  one.live(5);
  CHECK(one.value("power") == 10'000);
}

TEST_CASE("equipment refuses what it cannot take, and takes nothing of it") {
  bench one("inverter");
  const std::vector<std::uint16_t> beyond{1, 1'001};
  CHECK(one.unit->write(table::holding, 0, beyond) == exception::value);
  CHECK(one.value("run") == 0);
  CHECK(one.unit->write(table::holding, 9, beyond) == exception::address);
  CHECK(one.unit->write(table::coil, 0, std::vector<std::uint16_t>{1}) == exception::function);
  std::vector<std::uint16_t> values(2);
  CHECK(one.unit->read(table::input, 29, values) == exception::address);
  bench meter("meter");
  CHECK(meter.unit->write(table::holding, 0, std::vector<std::uint16_t>{1}) == exception::address);
}

TEST_CASE("the air conditioner brings the room to its setpoint, the meter sees what others give") {
  bench hvac("hvac");
  CHECK_FALSE(hvac.set("temperature_setpoint", 24));
  hvac.live(1'200);
  CHECK(hvac.value("room_temperature") == Approx(24).margin(1));
  CHECK(hvac.unit->power_w() < 0);
  bench meter("meter");
  meter.live(1);
  const double before = meter.value("power");
  CHECK(before > 10'000);
  meter.unit->observe(50'000);
  meter.live(1);
  CHECK(meter.value("power") == Approx(before - 50'000).margin(5'000));
}

/// What a master sees of one read.
messages::modbus::answer ask(equipment_model& unit, table from, std::uint16_t address,
                             std::uint16_t count) {
  const messages::modbus::request asked{from == table::input
                                            ? messages::modbus::function::read_input
                                            : messages::modbus::function::read_holding,
                                        address,
                                        count,
                                        0,
                                        {}};
  const auto said = unit.answer(messages::modbus::encode(asked));
  REQUIRE_FALSE(said.pdu.empty());
  auto parsed = messages::modbus::parse_answer(asked, said.pdu);
  REQUIRE(parsed);
  return *parsed;
}

TEST_CASE("a scenario lays values, sentinels and frozen values over what equipment shows") {
  bench one("inverter");
  REQUIRE(one.unit->set("power", {}, equipment_effect::value, -4'711));
  REQUIRE(one.unit->set("voltage", {}, equipment_effect::invalid, 0));
  REQUIRE(one.unit->set("grid_ok", {}, equipment_effect::value, 0));
  one.live(1);
  CHECK(one.value("power") == -4'711);
  CHECK_FALSE(one.values().contains("voltage"));
  CHECK(one.value("grid_ok") == 0);
  CHECK(one.value("direction") == 0);
  REQUIRE(one.unit->set("heartbeat_seen", {}, equipment_effect::freeze, 0));
  const double frozen = one.value("heartbeat_seen");
  one.live(5);
  CHECK(one.value("heartbeat_seen") == frozen);
  for (const auto* point : {"power", "voltage", "grid_ok", "heartbeat_seen"})
    REQUIRE(one.unit->set(point, {}, equipment_effect::release, 0));
  one.live(1);
  CHECK(one.value("power") == 0);
  CHECK(one.value("voltage") == 1'580);
  CHECK(one.value("grid_ok") == 1);
  CHECK(one.value("heartbeat_seen") > frozen);
  bench meter("meter");
  REQUIRE(meter.unit->set("phase_voltage", 0, equipment_effect::value, 207.5));
  meter.live(1);
  CHECK(meter.value("phase_voltage") == 207.5);
}

TEST_CASE("every number that equipment shows can be invalid, and its profile sees it") {
  for (const std::string kind : {"inverter", "hvac", "meter"}) {
    bench one(kind);
    for (const auto& [point, value] : one.values()) {
      CAPTURE(kind, point);
      if (!one.unit->set(point, {}, equipment_effect::invalid, 0)) continue;
      one.live(0.1);
      // A counter of beats has no number to spare.
      if (point != "heartbeat_seen") CHECK_FALSE(one.values().contains(point));
      REQUIRE(one.unit->set(point, {}, equipment_effect::release, 0));
      one.live(0.1);
      CHECK(one.values().contains(point));
    }
  }
}

TEST_CASE("a person at the device starts, limits and feeds it, within what it takes") {
  bench one("inverter");
  REQUIRE(one.unit->set("run", {}, equipment_effect::value, 1));
  REQUIRE(one.unit->set("power_setpoint", {}, equipment_effect::value, 30'000));
  REQUIRE(one.unit->set("heartbeat", {}, equipment_effect::value, 1));
  one.live(5);
  CHECK(one.value("power") == 30'000);
  REQUIRE(one.unit->set("discharge_power_limit", {}, equipment_effect::value, 12'000));
  one.live(3);
  CHECK(one.value("power") == 12'000);
  one.live(5);
  CHECK(one.value("state") == 3); // its heartbeat stands still
  CHECK_FALSE(one.unit->set("discharge_power_limit", {}, equipment_effect::value, 200'000));
  CHECK_FALSE(one.unit->set("run", {}, equipment_effect::freeze, 0));
  CHECK_FALSE(one.unit->set("nothing", {}, equipment_effect::value, 1));
  CHECK_FALSE(one.unit->set("power", 1, equipment_effect::value, 1));
  CHECK_FALSE(one.unit->set("", {}, equipment_effect::value, 1));
  CHECK_FALSE(one.unit->set("power", {}, equipment_effect::late, 1));
  CHECK_FALSE(one.unit->set("grid_ok", {}, equipment_effect::value, 2));
  CHECK_FALSE(one.unit->set("direction", {}, equipment_effect::value, -1));
  REQUIRE(one.unit->set("current", {}, equipment_effect::value, 1e300));
  one.live(1); // as much as its register holds
  CHECK_FALSE(one.values().contains("current"));
}

TEST_CASE("F-080 F-081 equipment refuses, falls silent or is late, as a whole or in one point") {
  bench one("inverter");
  auto& unit = *one.unit;
  REQUIRE(unit.set("power", {}, equipment_effect::exception, 4));
  CHECK(ask(unit, table::input, 0, 9).exception_code == 4);
  CHECK_FALSE(ask(unit, table::input, 0, 5).exception_code);
  CHECK_FALSE(ask(unit, table::holding, 0, 8).exception_code);
  const auto read_all =
      messages::modbus::encode({messages::modbus::function::read_input, 0, 9, 0, {}});
  REQUIRE(unit.set("power", {}, equipment_effect::silent, 0));
  CHECK(unit.answer(read_all).pdu.empty());
  REQUIRE(unit.set("power", {}, equipment_effect::release, 0));
  CHECK_FALSE(unit.answer(read_all).pdu.empty());

  REQUIRE(unit.set("run", {}, equipment_effect::silent, 0));
  const messages::modbus::request start{messages::modbus::function::write_registers, 0, 0, 0, {1}};
  CHECK(unit.answer(messages::modbus::encode(start)).pdu.empty());
  REQUIRE(unit.set("run", {}, equipment_effect::release, 0));
  CHECK(one.value("run") == 0); // it was not heard

  REQUIRE(unit.set("", {}, equipment_effect::exception, 0x0B));
  CHECK(ask(unit, table::holding, 0, 8).exception_code == 0x0B);
  REQUIRE(unit.set("", {}, equipment_effect::silent, 0));
  CHECK(unit.answer(read_all).pdu.empty());
  REQUIRE(unit.set("", {}, equipment_effect::late, 1'500));
  CHECK(unit.answer(read_all).delay_us == 1'500'000);
  REQUIRE(unit.set("", {}, equipment_effect::release, 0));
  CHECK(unit.answer(read_all).delay_us == 0);
}

} // namespace
} // namespace voltaic::actors::simulator::equipment_test
