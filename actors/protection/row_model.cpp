#include "actors/protection/row_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace voltaic::actors::protection {

namespace {

using messages::protection::action;
using messages::protection::action_kind;
using messages::protection::candidate;

} // namespace

void consequence::add(const consequence& other) {
  charge_percent = std::min(charge_percent, other.charge_percent);
  discharge_percent = std::min(discharge_percent, other.discharge_percent);
  opening = std::max(opening, other.opening);
  inhibits_close = inhibits_close || other.inhibits_close;
  requests.fan = requests.fan || other.requests.fan;
  requests.heater = requests.heater || other.requests.heater;
  requests.balance = requests.balance || other.requests.balance;
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
      case action_kind::balance:
        one.requests.balance = true;
        break;
      case action_kind::fan_on:
        one.requests.fan = true;
        break;
      case action_kind::heater_on:
        one.requests.heater = true;
        break;
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

row make_row(const candidate& watched, std::size_t level_position, const input& from) {
  row made;
  made.candidate = watched.name;
  made.limit = watched.limits.at(level_position);
  made.reason = fmt::format("{}/{}", watched.name, to_string(made.limit.level));
  made.key = made.reason;
  if (is_ladder(from.kind) && from.of != measured::cell_voltage && !is_own(from.of)) {
    made.key += fmt::format("/{}", describe(from.of).point);
  }
  if (from.kind == input_kind::frozen_all) made.key += "/all";
  made.unit = watched.unit;
  made.direction = watched.direction;
  made.period_ms = watched.period_ms;
  for (const auto& each : made.limit.actions) made.actions.push_back(to_string(each));
  made.consequence = consequence_of(made.limit.actions);
  made.from = from;
  return made;
}

std::vector<std::string> actions_without_contactors(const messages::protection::limit& of) {
  std::vector<std::string> told;
  bool opens = false;
  for (const auto& each : of.actions) {
    const bool is_opening =
        each.kind == action_kind::open_ordered || each.kind == action_kind::open_immediate;
    opens = opens || is_opening;
    if (!is_opening && each.kind != action_kind::inhibit_close) told.push_back(to_string(each));
  }
  if (!opens) return told;
  for (const auto kind : {action_kind::stop_charge, action_kind::stop_discharge}) {
    const auto name = std::string(to_string(kind));
    if (std::ranges::find(told, name) == told.end()) told.push_back(name);
  }
  told.emplace_back(cannot_open);
  return told;
}

bool row::flaps(std::int64_t now_us) {
  if (limit.level != messages::protection::level::alarm) return false;
  if (sets == flaps_max) {
    std::rotate(sets_us.begin(), sets_us.begin() + 1, sets_us.end());
    --sets;
  }
  sets_us[sets++] = now_us;
  return sets == flaps_max && now_us - sets_us.front() <= flap_window_us;
}

void row::trip() {
  latched = true;
  if (limit.level < messages::protection::level::fault) return;
  trips = std::min(trips + 1, trips_max);
  if (trips == trips_max) held = messages::protection::latch::lock;
}

void row::let_go(bool service) {
  latched = false;
  held = messages::protection::latch::none;
  if (service) trips = 0;
}

messages::protection::latch row::kept() const {
  using messages::protection::latch;
  return latched ? std::max({limit.latch, held, latch::user}) : limit.latch;
}

level_model make_levels(const candidate& watched, std::span<const std::size_t> levels, double parts,
                        std::size_t count) {
  std::vector<level_setting> settings;
  for (const auto position : levels) {
    const auto& each = watched.limits.at(position);
    settings.push_back({static_cast<std::int32_t>(std::nearbyint(each.set * parts)),
                        static_cast<std::int32_t>(std::nearbyint(each.clear * parts)),
                        static_cast<std::int32_t>(each.set_ms * messages::us_per_ms),
                        static_cast<std::int32_t>(each.clear_ms * messages::us_per_ms)});
  }
  return level_model(watched.direction, std::move(settings), count, watched.cascade);
}

} // namespace voltaic::actors::protection
