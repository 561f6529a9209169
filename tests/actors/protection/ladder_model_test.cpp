#include "actors/protection/ladder_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace voltaic::actors::protection::ladder_model_test {

using messages::protection::candidate;
using messages::protection::direction;

namespace {

/// A candidate's levels as lines: level, set, clear, delays, latch, actions.
std::vector<std::string> text_of(const candidate& made) {
  std::vector<std::string> lines;
  for (const auto& each : made.limits) {
    auto line = std::string(to_string(each.level));
    for (const double number : {each.set, each.clear, double(each.set_ms), double(each.clear_ms)}) {
      line += " " + std::to_string(std::int64_t(number));
    }
    line += " " + std::string(to_string(each.latch));
    for (const auto& action : each.actions) line += " " + to_string(action);
    lines.push_back(line);
  }
  return lines;
}
using lines = std::vector<std::string>;

} // namespace

TEST_CASE("F-146 what unusable elements come to, of each point") {
  const std::string warning = "warning 1 0 0 5000 none derate_charge:50 derate_discharge:50";
  const auto cells = sensor_invalid_candidate(measured::cell_voltage, 480);
  CHECK(cells.name == "sensor_invalid");
  CHECK(cells.unit == "elements");
  CHECK(cells.direction == direction::high);
  CHECK(cells.period_ms == 0);
  CHECK(text_of(cells) ==
        lines{warning, "alarm 2 1 0 10000 none stop_charge stop_discharge",
              "fault 480 479 1000 10000 user stop_charge stop_discharge open_ordered"});
  CHECK(text_of(sensor_invalid_candidate(measured::voltage, 1)) ==
        lines{warning, "alarm 1 0 0 10000 none stop_charge stop_discharge",
              "fault 1 0 1000 10000 user stop_charge stop_discharge open_ordered"});
  CHECK(text_of(sensor_invalid_candidate(measured::current, 1)) ==
        lines{warning, "alarm 1 0 0 10000 none stop_charge stop_discharge",
              "fault 1 0 500 10000 user stop_charge stop_discharge open_ordered"});
  CHECK(text_of(sensor_invalid_candidate(measured::soc, 1)) ==
        lines{warning, "alarm 1 0 0 10000 none stop_charge stop_discharge"});
  CHECK(text_of(sensor_invalid_candidate(measured::insulation_resistance, 1)) ==
        lines{"warning 1 0 0 5000 none log"});
}

TEST_CASE("what silence comes to, of each point") {
  const std::string stop = " none stop_charge stop_discharge";
  const std::string open = " none stop_charge stop_discharge inhibit_close open_ordered";
  const auto cells = communication_loss_candidate(measured::cell_voltage, 200);
  CHECK(cells.name == "communication_loss");
  CHECK(cells.unit == "ms");
  CHECK(cells.direction == direction::high);
  CHECK(cells.period_ms == 0);
  CHECK(text_of(cells) == lines{"warning 300 299 0 0 none log", "alarm 1000 299 0 0" + stop,
                                "fault 5000 299 0 0" + open});
  CHECK(cells.limits.back().reason == "closing again takes three good scans and a command");
  CHECK(text_of(communication_loss_candidate(measured::cell_temperature, 2'000)) ==
        lines{"warning 3000 2999 0 0 none log", "alarm 6000 2999 0 0" + stop,
              "fault 10000 2999 0 0" + open});
  CHECK(text_of(communication_loss_candidate(measured::current, 100)) ==
        lines{"warning 300 299 0 0 none log", "fault 500 299 0 0" + open});
  CHECK(text_of(communication_loss_candidate(measured::current, 200)) ==
        lines{"warning 300 299 0 0 none log", "fault 1000 299 0 0" + open});
  CHECK(text_of(communication_loss_candidate(measured::soc, 1'000)) ==
        lines{"warning 1500 1499 0 0 none log", "alarm 3000 1499 0 0" + stop});
  CHECK(text_of(communication_loss_candidate(measured::insulation_resistance, 1'000)) ==
        lines{"warning 1500 1499 0 0 none log", "alarm 86400000 1499 0 0 none inhibit_close"});
}

TEST_CASE("insulation that nobody measured for a day bars closing") {
  const auto unknown = insulation_unknown_candidate();
  CHECK(unknown.name == "sensor_invalid");
  CHECK(text_of(unknown) == lines{"alarm 86400000 1 0 10000 none inhibit_close"});
}

TEST_CASE("what comes again and may not be used yet is borne for three periods") {
  CHECK(recovery_hold_us(200) == 600'000);
  CHECK(recovery_hold_us(1'000) == 3'000'000);
}

TEST_CASE("losing an own point comes to as much as its levels may do") {
  using messages::protection::action_kind;
  struct row {
    const char* candidate;
    action_kind does;
    severity lost;
  };
  const row rows[] = {
      {"oil_pressure_high", action_kind::log, severity::warns},
      {"oil_pressure_high", action_kind::balance, severity::warns},
      {"oil_pressure_high", action_kind::fan_on, severity::warns},
      {"oil_pressure_high", action_kind::heater_on, severity::warns},
      {"oil_pressure_high", action_kind::derate_charge, severity::stops},
      {"oil_pressure_low", action_kind::inhibit_close, severity::stops},
      {"oil_pressure_high", action_kind::open_ordered, severity::opens},
      {"oil_pressure_low", action_kind::open_immediate, severity::opens},
      {"oil_level_low", action_kind::open_ordered, severity::warns}, // another point
  };
  for (const auto& each : rows) {
    CAPTURE(each.candidate, to_string(each.does));
    messages::protection::table rules;
    rules.candidates.resize(1);
    rules.candidates[0].name = each.candidate;
    rules.candidates[0].limits.resize(1);
    rules.candidates[0].limits[0].actions = {{each.does, 0}};
    CHECK(loss_of_own(rules, "oil_pressure") == each.lost);
    // What equipment says is heard over the message bus: without it nothing opens.
    rules.candidates[0].name.insert(0, "pump_0/");
    CHECK(loss_of_own(rules, "pump_0/oil_pressure") == std::max(each.lost, severity::stops));
    CHECK(loss_of_own(rules, "oil_pressure") == severity::warns);
  }
  CHECK(loss_of_own({}, "oil_pressure") == severity::warns);
}

TEST_CASE("F-110 a lost store of latches bars closing until a service person resets it") {
  const auto lost = latch_store_lost_candidate();
  CHECK(lost.name == "latch_store_lost");
  CHECK(text_of(lost) == lines{"fault 1 0 0 0 lock inhibit_close lock"});
}

TEST_CASE("insulation that nobody measured for a day bars closing, and nothing else") {
  const auto unknown = insulation_unknown_candidate();
  CHECK(unknown.name == "sensor_invalid");
  CHECK(unknown.unit == "ms");
  CHECK(text_of(unknown) == lines{"alarm 86400000 1 0 10000 none inhibit_close"});
}

TEST_CASE("what comes again holds the ladder for three of its periods") {
  CHECK(recovery_hold_us(0) == 0);
  CHECK(recovery_hold_us(200) == 600'000);
  CHECK(recovery_hold_us(1'000'000) == 3'000'000'000);
}

TEST_CASE("losing an own point comes to as much as its candidates may do") {
  using messages::protection::action;
  using messages::protection::action_kind;
  const auto told = {action_kind::log, action_kind::balance, action_kind::fan_on,
                     action_kind::heater_on};
  const auto loss = [](const std::string& judged, const std::vector<action>& actions,
                       std::string_view asked = "room") {
    candidate watched;
    watched.name = judged;
    watched.limits.resize(1);
    watched.limits[0].actions = actions;
    return loss_of_own({{}, {}, {watched}}, asked);
  };
  CHECK(loss_of_own({}, "room") == severity::warns);
  for (const auto kind : told) CHECK(loss("room_high", {{kind, 0}}) == severity::warns);
  for (const auto kind : {action_kind::derate_charge, action_kind::derate_discharge,
                          action_kind::stop_charge, action_kind::stop_discharge,
                          action_kind::inhibit_discharge_start, action_kind::inhibit_close}) {
    CAPTURE(int(kind));
    CHECK(loss("room_high", {{kind, 0}}) == severity::stops);
    CHECK(loss("room_low", {{action_kind::log, 0}, {kind, 0}}) == severity::stops);
  }
  for (const auto kind : {action_kind::open_ordered, action_kind::open_immediate}) {
    CHECK(loss("room_high", {{kind, 0}}) == severity::opens);
    CHECK(loss("hvac_0/room_high", {{kind, 0}}, "hvac_0/room") == severity::stops);
  }
  // What others are judged by, and what no point of the rack's own is, does not count.
  CHECK(loss("hall_high", {{action_kind::open_ordered, 0}}) == severity::warns);
  CHECK(loss("cell_overvoltage", {{action_kind::open_ordered, 0}}) == severity::warns);
}

} // namespace voltaic::actors::protection::ladder_model_test
