#include "nodes/simulator/simulated_equipment.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "bus/modbus/line.hpp"
#include "support/line_listener.hpp"

namespace simulated_equipment_test {

using namespace voltaic;
using actors::simulator::equipment_effect;
using bus::modbus::outcome;
using bus::modbus::table;

namespace {

constexpr std::uint32_t timeout_ms = 300;

/// An inverter that is served, and a line that reads it.
class bench {
 public:
  bench() {
    auto opened = nodes::simulator::simulated_equipment::open(
        {{"plant", "127.0.0.1", 0, {{1, {"inverter_0", "inverter"}}}}});
    REQUIRE(opened);
    played = *std::move(opened);
    bus::modbus::line_options options;
    options.name = "plant";
    options.host = "127.0.0.1";
    options.port = played->ports().at(0);
    options.response_timeout_ms = timeout_ms;
    options.probe_min_ms = 50;
    options.probe_max_ms = 100;
    options.units = {{1, 50, {{table::input, 0, 9}}}};
    line = told.open(options);
  }
  void disturb(const std::string& point, equipment_effect effect, double value = 0) {
    REQUIRE(played->set({"inverter_0", point, {}, effect, value}));
  }

  std::unique_ptr<nodes::simulator::simulated_equipment> played;
  tests::line_listener told;
  std::unique_ptr<bus::modbus::line> line;
};

} // namespace

TEST_CASE("a scenario silences served equipment, makes it refuse, and lets it go again") {
  bench on;
  CHECK(on.told.next_poll_of(outcome::done).answers[0].registers[0] == 0);
  on.disturb("", equipment_effect::exception, 0x04);
  CHECK(on.told.next_poll_of(outcome::exception).answers[0].exception_code == 4);
  on.disturb("", equipment_effect::silent);
  static_cast<void>(on.told.next_poll_of(outcome::timeout));
  on.disturb("", equipment_effect::release);
  static_cast<void>(on.told.next_poll_of(outcome::done));
  on.disturb("power", equipment_effect::silent);
  static_cast<void>(on.told.next_poll_of(outcome::timeout));
  CHECK_FALSE(on.played->set({"inverter_1", "power", {}, equipment_effect::silent, 0}));
}

TEST_CASE("F-082 served equipment that answers late is waited for, then drained and counted") {
  bench on;
  static_cast<void>(on.told.next_poll_of(outcome::done));
  on.disturb("", equipment_effect::late, timeout_ms / 3.0);
  static_cast<void>(on.told.next_poll_of(outcome::done));
  const auto before = on.line->read_statistics().late;
  on.disturb("", equipment_effect::late, timeout_ms * 1.5);
  static_cast<void>(on.told.next_poll_of(outcome::timeout));
  const auto end = std::chrono::steady_clock::now() + tests::patience;
  while (on.line->read_statistics().late == before && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(on.line->read_statistics().late > before);
  on.disturb("", equipment_effect::release);
  CHECK(on.told.next_poll_of(outcome::done).answers[0].registers.size() == 9);
  CHECK(on.line->read_statistics().bad_answers == 0);
}

} // namespace simulated_equipment_test
