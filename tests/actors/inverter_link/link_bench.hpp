#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/inverter_link/inverter_link_model.hpp"
#include "messages/inverter/codec.hpp"
#include "messages/inverter/inverter_profiles.hpp"
#include "messages/points/catalogue.hpp"

/// A link to an inverter with a battery behind it, on virtual time.
namespace voltaic::actors::inverter_link::testing {

inline constexpr std::int64_t start_us = 3'600 * messages::us_per_s;
inline constexpr std::int64_t step_us = 10 * messages::us_per_ms;

inline model_options options_of(const std::string& file) {
  model_options options;
  options.name = "inverter_0";
  options.profile = tests::shared_inverter(file);
  options.wire = options.profile->options;
  options.racks = {{"rack_0", "bms_0", 280, true, {"rack", 1}}};
  options.charge_voltage_v = 1680;
  options.discharge_voltage_v = 1440;
  return options;
}

/// A battery that says what it is told to, an inverter that beats, and the link between them.
struct bench {
  explicit bench(model_options options) : link(std::move(options)) {
    for (const auto* name :
         {"charge_current_limit", "discharge_current_limit", "voltage", "current", "soc", "soh",
          "charge_voltage_limit", "discharge_voltage_limit"})
      points.push_back(messages::points::describe("system", {name, name, "", 1}, 500'000));
    described = messages::points::make_catalogue("system", points);
    rack = messages::points::make_catalogue(
        "rack_0",
        {messages::points::describe("rack_0", {"contactor", "Contactor", "", 0, "text"}, 500'000),
         messages::points::describe("rack_0", {"cell_temperature_average", "T", "", 1}, 500'000),
         messages::points::describe("rack_0", {"contactor_joined", "J", "", 0, "i64"}, 500'000)});
    link.learn(described);
    link.learn(rack);
    command = messages::points::make_catalogue(
        "command", {messages::points::describe("command", {"setpoints", "Setpoints", "", 0, "text"},
                                               500'000)});
    link.learn(command);
  }

  void say_system() {
    messages::telemetry of_system{"system", described.fingerprint, {}};
    for (std::size_t i = 0; i < values.size(); ++i) {
      messages::block block;
      block.point = static_cast<std::uint16_t>(i);
      block.source_time_us = now_us;
      block.quality = values[i] ? messages::quality::good : messages::quality::stale;
      block.values = messages::block::reals{values[i].value_or(0)};
      of_system.blocks.push_back(std::move(block));
    }
    link.take(of_system, now_us);
    messages::telemetry of_rack{"rack_0", rack.fingerprint, {}};
    messages::block contactor;
    contactor.source_time_us = now_us;
    contactor.quality = messages::quality::good;
    contactor.values = contactor_word;
    auto temperature = contactor;
    temperature.point = 1;
    temperature.values = messages::block::reals{25};
    auto joined = contactor;
    joined.point = 2;
    joined.values = messages::block::integers{contactor_word == "open" ? 0 : 1};
    if (!shows_joined) joined.quality = messages::quality::stale;
    of_rack.blocks = {contactor, temperature, joined};
    link.take(of_rack, now_us);
    messages::limits limits{"rack_0", rack_limit_a, rack_limit_a, charge_reasons};
    limits.reasons.insert(limits.reasons.end(), discharge_reasons.begin(), discharge_reasons.end());
    limits.charge_reasons = charge_reasons;
    limits.discharge_reasons = discharge_reasons;
    link.take(limits, now_us);
    contactor.values = setpoints;
    link.take({"command", command.fingerprint, {contactor}}, now_us);
  }

  /// Lets time pass; keeps what the link gave.
  void pass(std::int64_t for_us) {
    for (const auto end_us = now_us + for_us; now_us < end_us;) {
      now_us += step_us;
      const bool is_second = now_us % messages::us_per_s == 0;
      if (is_second && battery_speaks) say_system();
      if (is_second && inverter_beats) beat();
      auto out = link.step({now_us, now_us + 1'700'000'000'000'000});
      for (auto& frame : out.frames) {
        frame.time_us = now_us;
        frames.push_back(frame);
      }
      for (auto& one : out.reports) reports.push_back(one);
      for (auto& one : out.wishes) wishes.push_back(one);
      values_out = out.values;
      if (out.said) said = *out.said;
    }
  }

  void beat() {
    messages::can::frame alive;
    alive.id = 0x305;
    alive.length = 8;
    alive.data[0] = counter;
    if (counts) ++counter;
    link.take({&alive, 1}, now_us);
  }

  [[nodiscard]] std::string text(std::size_t point) const {
    return std::get<std::string>(said.blocks.at(point).values);
  }
  [[nodiscard]] std::optional<std::string> state_told(const std::string& code) const {
    std::optional<std::string> last;
    for (const auto& one : reports)
      if (one.code == code) last = one.state;
    return last;
  }

  model link;
  std::vector<messages::point_description> points;
  messages::catalogue described;
  messages::catalogue rack;
  messages::catalogue command;
  std::string contactor_word = "closed";
  bool shows_joined = true; ///< feedback tells how the rack stands
  std::vector<std::string> charge_reasons;
  std::vector<std::string> discharge_reasons;
  std::vector<std::optional<double>> values = {100.0, 120.0,        1584.0,       10.0,
                                               50.0,  std::nullopt, std::nullopt, std::nullopt};
  double rack_limit_a = 100;
  std::string setpoints;
  std::int64_t now_us = start_us;
  bool battery_speaks = true;
  bool inverter_beats = true;
  bool counts = true;
  std::uint8_t counter = 0;
  std::vector<messages::can::frame> frames;
  std::vector<report> reports;
  std::vector<wish> wishes;
  std::vector<written_value> values_out;
  messages::telemetry said;
};

inline constexpr std::int64_t second = messages::us_per_s;

} // namespace voltaic::actors::inverter_link::testing
