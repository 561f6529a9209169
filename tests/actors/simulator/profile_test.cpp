#include <catch2/catch.hpp>
#include <map>

#include "actors/simulator/simulated_rack_model.hpp"
#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/encode_plan.hpp"
#include "support/demo_rack.hpp"

namespace profile_test {

using namespace voltaic::actors::simulator;
using namespace voltaic::messages;
using profiles::decode_plan;

namespace {

constexpr std::uint32_t id_offset = 0xC0;

/// What the profile reads from the rack's frames, by point.
struct reader {
  reader() : profile(*voltaic::tests::demo_rack()) {
    auto compiled = decode_plan::compile(profile, id_offset);
    REQUIRE(compiled.has_value());
    plan = std::move(compiled).value();
  }
  void read(const std::vector<can::frame>& frames) {
    for (const can::frame& item : frames) {
      CHECK(plan->apply(item, samples).outcome == decode_plan::outcome::decoded);
      for (const profiles::sample& each : samples) {
        newest[profile.points[each.point].name][each.index] = each;
      }
    }
  }
  [[nodiscard]] double value(const std::string& point, std::uint32_t index = 0) const {
    const profiles::sample& found = newest.at(point).at(index);
    CHECK(found.good);
    const auto& description = profile.points[*profile.find_point(point)];
    return static_cast<double>(found.raw) * description.scale + description.offset;
  }
  profiles::device_profile profile;
  std::optional<decode_plan> plan;
  std::vector<profiles::sample> samples;
  std::map<std::string, std::map<std::uint32_t, profiles::sample>> newest;
};

rack_options at_once() {
  rack_options options;
  options.id_offset = id_offset;
  options.spread = false;
  return options;
}

} // namespace

TEST_CASE("the demo rack's profile reads every value that the simulator sends") {
  reader got;
  simulated_rack_model rack(at_once());
  std::int64_t now_us = 1'000'000;
  got.read(rack.step(now_us, {}));
  for (const profiles::point& each : got.profile.points) {
    INFO(each.name);
    CHECK(got.newest[each.name].size() == each.count);
  }
  for (std::uint32_t i = 0; i < cells; ++i) CHECK(got.value("cell_voltage", i) == Approx(3.300));
  for (std::uint32_t i = 0; i < temperatures; ++i) {
    CHECK(got.value("cell_temperature", i) == Approx(25.0));
  }
  CHECK(got.value("voltage") == Approx(1584.0));
  CHECK(got.value("current") == 0.0);
  CHECK(got.value("soc") == Approx(50.0));
  CHECK(got.value("contactor_state") == 0);
  CHECK(got.value("air_temperature") == Approx(25.0));
  for (std::uint32_t i = 0; i < modules; ++i) {
    CHECK(got.value("module_fault", i) == 0);
    CHECK(got.value("module_charge_current_limit", i) == Approx(140.0));
    CHECK(got.value("module_discharge_current_limit", i) == Approx(140.0));
  }
  for (std::uint32_t i = 0; i < cells; ++i) CHECK(got.value("balancing", i) == 0);

  REQUIRE(rack.set("balancing", 35, override_kind::value, 1));
  REQUIRE(rack.set("module_fault", 7, override_kind::value, 5));
  REQUIRE(rack.set("module_charge_current_limit", 29, override_kind::value, 12.3));
  REQUIRE(rack.set("cell_voltage", 19, override_kind::value, 3.561));
  REQUIRE(rack.set("cell_voltage", 20, override_kind::invalid));
  REQUIRE(rack.set("cell_temperature", 239, override_kind::value, -12.3));
  REQUIRE(rack.set("cell_temperature", 0, override_kind::invalid));
  REQUIRE(rack.set("current", std::nullopt, override_kind::value, -139.9));
  REQUIRE(rack.set("soc", std::nullopt, override_kind::invalid));
  REQUIRE(rack.set("voltage", std::nullopt, override_kind::value, 1612.3));
  REQUIRE(rack.set("plus_closed", std::nullopt, override_kind::value, 1));
  now_us += 1'000'000;
  for (int i = 0; i < 100; ++i, now_us += slot_us) got.read(rack.step(now_us, {}));
  CHECK(got.value("cell_voltage", 19) == Approx(3.561));
  CHECK_FALSE(got.newest["cell_voltage"][20].good);
  CHECK(got.value("cell_temperature", 239) == Approx(-12.3));
  CHECK_FALSE(got.newest["cell_temperature"][0].good);
  CHECK(got.value("current") == Approx(-139.9));
  CHECK_FALSE(got.newest["soc"][0].good);
  CHECK(got.value("voltage") == Approx(1612.3));
  CHECK(got.value("minus_closed") == 0);
  CHECK(got.value("plus_closed") == 1);
  CHECK(got.value("balancing", 34) == 0);
  CHECK(got.value("balancing", 35) == 1);
  CHECK(got.value("module_fault", 7) == 5);
  CHECK_FALSE(got.newest["module_discharge_current_limit"][7].good);
  CHECK_FALSE(got.newest["cell_voltage"][7 * cells_per_module].good);
  CHECK_FALSE(got.newest["cell_temperature"][7 * temperatures_per_module].good);
  CHECK(got.value("module_charge_current_limit", 29) == Approx(12.3));
  CHECK(got.value("reported_charge_current_limit") == Approx(12.3));
}

TEST_CASE("the simulator obeys the orders and limits that the demo rack's profile encodes") {
  reader got;
  const auto encoder = profiles::encode_plan::compile(got.profile, id_offset);
  REQUIRE(encoder.has_value());
  simulated_rack_model rack(at_once());
  std::int64_t now_us = 1'000'000;
  std::uint64_t counter = 70'000; // the frame carries its low bits
  const auto say = [&](contactor_order what, int steps) {
    for (int i = 0; i < steps; ++i, now_us += slot_us) {
      order wanted;
      wanted.contactor = what;
      wanted.epoch = 12;
      wanted.counter = ++counter;
      wanted.lease = true;
      auto frame = encoder->encode_order(wanted);
      REQUIRE(frame.has_value());
      frame->time_us = now_us;
      got.read(rack.step(now_us, std::vector{*frame}));
    }
  };
  say(contactor_order::open, 5);
  say(contactor_order::precharge, 70);
  say(contactor_order::close, 30);
  CHECK(rack.controller().refused() == 0);
  CHECK(rack.controller().state() == contactor_state::closed);
  CHECK(got.value("contactor_state") == 2);
  CHECK(got.value("minus_closed") == 1);
  CHECK(got.value("plus_closed") == 1);
  CHECK(got.value("precharge_closed") == 0);
  CHECK(got.value("accepted_epoch") == 12);
  CHECK(got.value("accepted_counter") == static_cast<double>(counter & 0xFFFF) - 4);
  CHECK(got.value("lease_remaining") == 500);
  CHECK(got.value("opened_by_lease") == 0);
  CHECK(got.value("bus_voltage") == Approx(1584.0));

  const auto set = [&](const char* point, double value) {
    const auto command = encoder->find_set(point);
    REQUIRE(command.has_value());
    const auto frame = encoder->encode_set(*command, value, 1);
    REQUIRE(frame.has_value());
    got.read(rack.step(now_us, std::vector{*frame}));
  };
  set("charge_current_limit", 33.3);
  set("discharge_current_limit", 77.7);
  now_us += 500'000 + slot_us;
  for (int i = 0; i < 20; ++i, now_us += slot_us) got.read(rack.step(now_us, {}));
  CHECK(got.value("reported_charge_current_limit") == Approx(33.3));
  CHECK(got.value("reported_discharge_current_limit") == Approx(77.7));
  CHECK(got.value("contactor_state") == 0);
  CHECK(got.value("opened_by_lease") == 1);
}

} // namespace profile_test
