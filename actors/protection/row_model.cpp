#include "actors/protection/row_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace voltaic::actors::protection {

namespace {

using messages::protection::action;
using messages::protection::action_kind;
using messages::protection::candidate;
using messages::protection::direction;
using messages::protection::latch;
using messages::protection::level;
using messages::protection::limit;

constexpr std::int32_t silence_warning_ms = 300;
constexpr std::int32_t silence_alarm_ms = 1'000;
constexpr std::int32_t silence_fault_ms = 5'000;

constexpr std::int32_t invalid_alarm_elements = 2;
constexpr std::uint32_t invalid_alarm_share = 100; // one of so many
constexpr std::uint32_t invalid_fault_ms = 1'000;
constexpr std::uint32_t warning_clear_ms = 5'000;
constexpr std::uint32_t alarm_clear_ms = 10'000;

constexpr action stop_charge{action_kind::stop_charge, 0};
constexpr action stop_discharge{action_kind::stop_discharge, 0};
constexpr action open_ordered{action_kind::open_ordered, 0};

limit make_limit(level which, double set, double clear, latch kept, std::vector<action> actions) {
  limit made;
  made.level = which;
  made.set = set;
  made.clear = clear;
  made.latch = kept;
  made.actions = std::move(actions);
  return made;
}

} // namespace

void consequence::add(const consequence& other) {
  charge_percent = std::min(charge_percent, other.charge_percent);
  discharge_percent = std::min(discharge_percent, other.discharge_percent);
  opening = std::max(opening, other.opening);
  inhibits_close = inhibits_close || other.inhibits_close;
}

consequence consequence_of(const std::vector<action>& actions) {
  consequence all;
  for (const auto& [kind, percent] : actions) {
    consequence one;
    switch (kind) {
      case action_kind::derate_charge:
        one.charge_percent = percent;
        break;
      case action_kind::derate_discharge:
        one.discharge_percent = percent;
        break;
      case action_kind::stop_charge:
        one.charge_percent = 0;
        break;
      case action_kind::stop_discharge:
      case action_kind::inhibit_discharge_start:
        one.discharge_percent = 0;
        break;
      case action_kind::inhibit_close:
      case action_kind::lock:
        one.inhibits_close = true;
        break;
      case action_kind::open_ordered:
        one.opening = messages::opening::ordered;
        break;
      case action_kind::open_immediate:
        one.opening = messages::opening::immediate;
        break;
      // Done by others, who hear of them in the events.
      case action_kind::balance:
      case action_kind::fan_on:
      case action_kind::heater_on:
      case action_kind::log:
        break;
    }
    all.add(one);
  }
  if (all.opening != messages::opening::none) {
    all.inhibits_close = true;
    // Current has to stop before contactors may open without harm.
    all.charge_percent = all.discharge_percent = 0;
  }
  return all;
}

silence_thresholds silence_after(std::uint32_t period_ms) {
  const auto period = static_cast<std::int32_t>(period_ms);
  return {std::max(silence_warning_ms, period * 3 / 2), std::max(silence_alarm_ms, period * 3),
          std::max(silence_fault_ms, period * 5)};
}

std::int32_t invalid_alarm_count(std::uint32_t count) {
  const auto share = (count + invalid_alarm_share - 1) / invalid_alarm_share;
  return std::min(invalid_alarm_elements, static_cast<std::int32_t>(std::max(share, 1U)));
}

candidate sensor_invalid_candidate(std::uint32_t count) {
  const double alarm = invalid_alarm_count(count);
  candidate made;
  made.name = sensor_invalid;
  made.unit = "elements";
  made.direction = direction::high;
  made.limits = {
      make_limit(level::warning, 1, 0, latch::none,
                 {{action_kind::derate_charge, 50}, {action_kind::derate_discharge, 50}}),
      make_limit(level::alarm, alarm, alarm - 1, latch::none, {stop_charge, stop_discharge}),
      make_limit(level::fault, count, count - 1.0, latch::user,
                 {stop_charge, stop_discharge, open_ordered})};
  made.limits[0].clear_ms = warning_clear_ms;
  made.limits[1].clear_ms = alarm_clear_ms;
  made.limits[2].set_ms = invalid_fault_ms;
  made.limits[2].clear_ms = alarm_clear_ms;
  return made;
}

candidate communication_loss_candidate(std::uint32_t period_ms) {
  const auto [warning, alarm, fault] = silence_after(period_ms);
  const double clear = warning - 1;
  candidate made;
  made.name = communication_loss;
  made.unit = "ms";
  made.direction = direction::high;
  made.limits = {
      make_limit(level::warning, warning, clear, latch::none, {{action_kind::log, 0}}),
      make_limit(level::alarm, alarm, clear, latch::none, {stop_charge, stop_discharge}),
      make_limit(level::fault, fault, clear, latch::none,
                 {stop_charge, stop_discharge, {action_kind::inhibit_close, 0}, open_ordered})};
  made.limits[2].reason = "closing again takes three good scans and a command";
  return made;
}

candidate latch_store_lost_candidate() {
  candidate made;
  made.name = latch_store_lost;
  made.direction = direction::high;
  made.limits = {make_limit(level::fault, 1, 0, latch::lock,
                            {{action_kind::inhibit_close, 0}, {action_kind::lock, 0}})};
  return made;
}

row make_row(const candidate& watched, std::size_t level_position, input_kind input,
             std::uint16_t watch_position) {
  row made;
  made.candidate = watched.name;
  made.limit = watched.limits.at(level_position);
  made.reason = fmt::format("{}/{}", watched.name, to_string(made.limit.level));
  made.unit = watched.unit;
  for (const auto& each : made.limit.actions) made.actions.push_back(to_string(each));
  made.consequence = consequence_of(made.limit.actions);
  made.input = input;
  made.watch = watch_position;
  made.level = static_cast<std::uint8_t>(level_position);
  return made;
}

level_model make_levels(const candidate& watched, double parts, std::size_t count) {
  std::vector<level_setting> settings;
  for (const auto& each : watched.limits) {
    settings.push_back({static_cast<std::int32_t>(std::nearbyint(each.set * parts)),
                        static_cast<std::int32_t>(std::nearbyint(each.clear * parts)),
                        static_cast<std::int32_t>(each.set_ms * messages::us_per_ms),
                        static_cast<std::int32_t>(each.clear_ms * messages::us_per_ms)});
  }
  return level_model(watched.direction, std::move(settings), count);
}

} // namespace voltaic::actors::protection
