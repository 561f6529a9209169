#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "actors/simulator/equipment_model.hpp"
#include "messages/profiles/load.hpp"
#include "messages/profiles/register_plan.hpp"

// Each piece of equipment is seen as the site sees it: through its profile.
namespace voltaic::actors::simulator {
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
  CHECK(one.unit->write(table::holding, 7, beyond) == exception::address);
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

} // namespace
} // namespace voltaic::actors::simulator
