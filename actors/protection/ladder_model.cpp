#include "actors/protection/ladder_model.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "messages/time.hpp"

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
/// A rack whose current nobody knows is not left closed for longer.
constexpr std::int32_t current_fault_ms = 500;
/// A rack whose insulation nobody watches is not closed again after a day.
constexpr std::int32_t insulation_alarm_ms = 86'400'000;

constexpr std::int32_t invalid_alarm_elements = 2;
constexpr std::uint32_t invalid_alarm_share = 100; // one of so many
constexpr std::uint32_t invalid_fault_ms = 1'000;
constexpr std::uint32_t warning_clear_ms = 5'000;
constexpr std::uint32_t alarm_clear_ms = 10'000;

constexpr action stop_charge{action_kind::stop_charge, 0};
constexpr action stop_discharge{action_kind::stop_discharge, 0};
constexpr action open_ordered{action_kind::open_ordered, 0};
constexpr action inhibit_close{action_kind::inhibit_close, 0};
constexpr action log_only{action_kind::log, 0};

limit make_limit(level which, double set, double clear, latch kept, std::vector<action> actions) {
  limit made;
  made.level = which;
  made.set = set;
  made.clear = clear;
  made.latch = kept;
  made.actions = std::move(actions);
  return made;
}

candidate make_candidate(const char* name, const char* unit) {
  candidate made;
  made.name = name;
  made.unit = unit;
  made.direction = direction::high;
  made.period_ms = 0; // looked at in every step
  return made;
}

} // namespace

severity loss_of(measured what) {
  if (what == measured::soc) return severity::stops;
  return what >= measured::insulation_resistance ? severity::warns : severity::opens;
}

silence_thresholds silence_after(std::uint32_t period_ms) {
  const auto period = static_cast<std::int32_t>(period_ms);
  return {std::max(silence_warning_ms, period * 3 / 2), std::max(silence_alarm_ms, period * 3),
          std::max(silence_fault_ms, period * 5)};
}

std::int64_t recovery_hold_us(std::uint32_t period_ms) {
  return std::int64_t{recovery_periods_max} * period_ms * messages::us_per_ms;
}

std::int64_t held_us_max(std::uint32_t period_ms) {
  return silence_after(period_ms).alarm_ms * messages::us_per_ms;
}

std::int32_t invalid_alarm_count(std::uint32_t count) {
  const auto share = (count + invalid_alarm_share - 1) / invalid_alarm_share;
  return std::min(invalid_alarm_elements, static_cast<std::int32_t>(std::max(share, 1U)));
}

candidate sensor_invalid_candidate(measured what, std::uint32_t count, severity loss) {
  const double alarm = std::min<double>(invalid_alarm_count(count), count);
  auto made = make_candidate(sensor_invalid, "elements");
  if (loss == severity::warns) {
    made.limits = {make_limit(level::warning, 1, 0, latch::none, {log_only})};
    made.limits[0].clear_ms = warning_clear_ms;
    return made;
  }
  made.limits = {
      make_limit(level::warning, 1, 0, latch::none,
                 {{action_kind::derate_charge, 50}, {action_kind::derate_discharge, 50}}),
      make_limit(level::alarm, alarm, alarm - 1, latch::none, {stop_charge, stop_discharge})};
  made.limits[0].clear_ms = warning_clear_ms;
  made.limits[1].clear_ms = alarm_clear_ms;
  if (loss == severity::stops) return made;
  made.limits.push_back(make_limit(level::fault, count, count - 1.0, latch::user,
                                   {stop_charge, stop_discharge, open_ordered}));
  made.limits[2].set_ms = what == measured::current ? current_fault_ms : invalid_fault_ms;
  made.limits[2].clear_ms = alarm_clear_ms;
  return made;
}

candidate communication_loss_candidate(measured what, std::uint32_t period_ms, severity loss) {
  const auto [warning, alarm, fault] = silence_after(period_ms);
  const double clear = warning - 1;
  auto made = make_candidate(communication_loss, "ms");
  made.limits = {make_limit(level::warning, warning, clear, latch::none, {log_only})};
  if (loss == severity::warns) {
    // Only insulation is watched for what may not be closed onto.
    if (what != measured::insulation_resistance) return made;
    made.limits.push_back(
        make_limit(level::alarm, insulation_alarm_ms, clear, latch::none, {inhibit_close}));
    return made;
  }
  const auto opening = make_limit(level::fault, fault, clear, latch::none,
                                  {stop_charge, stop_discharge, inhibit_close, open_ordered});
  if (what == measured::current) {
    const auto period = static_cast<std::int32_t>(period_ms);
    made.limits.push_back(opening);
    made.limits.back().set = std::max(current_fault_ms, period * 5);
  } else {
    made.limits.push_back(
        make_limit(level::alarm, alarm, clear, latch::none, {stop_charge, stop_discharge}));
    if (loss == severity::opens) made.limits.push_back(opening);
  }
  made.limits.back().reason = "closing again takes three good scans and a command";
  return made;
}

candidate insulation_unknown_candidate() {
  auto made = make_candidate(sensor_invalid, "ms");
  made.limits = {make_limit(level::alarm, insulation_alarm_ms, 1, latch::none, {inhibit_close})};
  made.limits[0].clear_ms = alarm_clear_ms;
  return made;
}

severity loss_of_own(const messages::protection::table& rules, std::string_view point) {
  auto worst = severity::warns;
  // That is heard over the message bus: without it nothing opens, whatever its levels do.
  const bool is_equipment = !messages::protection::split_point(point).device.empty();
  for (const auto& watched : rules.candidates) {
    const auto own = messages::protection::parse_own(watched.name);
    if (!own || own->point != point) continue;
    for (const auto& each : watched.limits) {
      if (messages::protection::opens(each) && !is_equipment) return severity::opens;
      for (const auto& taken : each.actions) {
        const bool is_told = taken.kind == action_kind::log || taken.kind == action_kind::balance ||
                             taken.kind == action_kind::fan_on ||
                             taken.kind == action_kind::heater_on;
        if (!is_told) worst = severity::stops;
      }
    }
  }
  return worst;
}

candidate latch_store_lost_candidate() {
  auto made = make_candidate(latch_store_lost, "");
  made.limits = {
      make_limit(level::fault, 1, 0, latch::lock, {inhibit_close, {action_kind::lock, 0}})};
  return made;
}

} // namespace voltaic::actors::protection
