#include "actors/inverter_link/told_limits_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>

namespace voltaic::actors::inverter_link {
namespace {

using messages::inverter::item_of;

struct direction {
  std::optional<double> battery_a;
  std::optional<double> fallback_a;
  std::optional<double> inverter_a;
  const std::string& reason;
  bool is_derated;
  bool is_set;
};

std::optional<bound> bound_of_presence(presence inverter) {
  switch (inverter) {
    case presence::there:
      return std::nullopt;
    case presence::awaited:
      return bound{cause::heartbeat, 0, "it was not heard often enough yet"};
    case presence::lost:
      return bound{cause::heartbeat, 0, "it fell silent"};
    case presence::standby:
      return bound{cause::heartbeat, 0, "it is in standby: it has been silent for a minute"};
  }
  return bound{cause::heartbeat, 0, ""};
}

// The declared limits, where the inverter's own voltage is where they were declared for.
bool is_in_fallback(const model_options& options, std::optional<double> inverter_voltage_v) {
  return options.fallback && inverter_voltage_v &&
         *inverter_voltage_v >= options.fallback->lowest_v &&
         *inverter_voltage_v <= options.fallback->highest_v;
}

bound bound_of_battery(const direction& of) {
  if (of.battery_a) {
    const auto what = of.is_set ? cause::setpoint : of.is_derated ? cause::derating : cause::bms;
    return {what, std::max(0.0, *of.battery_a), of.reason};
  }
  if (of.fallback_a) return {cause::fallback, *of.fallback_a, "declared, by the voltage"};
  return {cause::no_data, 0, "nobody says the battery's limit now"};
}

std::vector<bound> bounds_of(const direction& of, presence inverter, compatibility known) {
  std::vector<bound> all;
  if (known == compatibility::incompatible)
    all.push_back({cause::incompatible, 0, "they do not work together"});
  if (auto silent = bound_of_presence(inverter)) all.push_back(*std::move(silent));
  all.push_back(bound_of_battery(of));
  if (of.inverter_a) all.push_back({cause::inverter, *of.inverter_a, "its rating"});
  return all;
}

void sort_by_current(std::vector<bound>& all) {
  std::ranges::stable_sort(all, {}, &bound::current_a);
}

// All of the full current up to the begin, none at the limit of voltage.
std::optional<bound> fold(const std::optional<fold_back>& rule, std::optional<double> left_v,
                          std::optional<double> full_a, const std::string& limit_text) {
  if (!rule) return std::nullopt;
  if (!left_v) return bound{cause::fold_back, 0, "the voltage is not known"};
  const double share = std::clamp(*left_v / rule->begin_v, 0.0, 1.0);
  if (share >= 1) return std::nullopt;
  return bound{cause::fold_back, std::max(0.0, full_a.value_or(0)) * share,
               fmt::format("{:.1f} V {}", std::max(0.0, *left_v), limit_text)};
}

void fold_both(const model_options& options, told_limits& told, const battery_state& battery,
               const std::string& charge_set, const std::string& discharge_set) {
  const auto left = [&](double limit_v, double sign) {
    return battery.voltage_v ? std::optional((limit_v - *battery.voltage_v) * sign) : std::nullopt;
  };
  constexpr double upward = 1;
  constexpr double downward = -1;
  if (told.charge_voltage_v) {
    const double limit_v = *told.charge_voltage_v;
    if (auto folded = fold(options.fold_back, left(limit_v, upward), battery.charge_current_a,
                           fmt::format("below {:.1f} V{}", limit_v, charge_set)))
      told.charge.push_back(*std::move(folded));
  }
  if (told.discharge_voltage_v) {
    const double limit_v = *told.discharge_voltage_v;
    if (auto folded =
            fold(options.discharge_fold_back, left(limit_v, downward), battery.discharge_current_a,
                 fmt::format("above {:.1f} V{}", limit_v, discharge_set)))
      told.discharge.push_back(*std::move(folded));
  }
}

// "set to 50 A by anna until it is set again"
std::string words_of(const named_cap& of) {
  return fmt::format("set to {} {}{}{}", of.value, messages::inverter::items[of.item].unit,
                     of.who.empty() ? "" : " ", of.who);
}

const named_cap* find(const std::vector<named_cap>& caps, messages::inverter::item which) {
  const auto found = std::ranges::find(caps, which, &named_cap::item);
  return found == caps.end() ? nullptr : &*found;
}

// A power that is capped is one of current at the voltage that the battery has.
void cap_currents(const std::vector<named_cap>& caps, told_limits& told,
                  const battery_state& battery) {
  const auto add = [&](std::vector<bound>& to, messages::inverter::item current,
                       messages::inverter::item power) {
    if (const auto* cap = find(caps, current))
      to.push_back({cause::setpoint, std::max(0.0, cap->value), words_of(*cap)});
    const auto* cap = find(caps, power);
    if (cap == nullptr) return;
    if (battery.voltage_v.value_or(0) > 0)
      to.push_back(
          {cause::setpoint, std::max(0.0, cap->value) / *battery.voltage_v, words_of(*cap)});
    else // nobody knows which current that power is
      to.push_back({cause::setpoint, 0, words_of(*cap) + ", the voltage is not known"});
  };
  add(told.charge, item_of("charge_current_limit"), item_of("charge_power_limit"));
  add(told.discharge, item_of("discharge_current_limit"), item_of("discharge_power_limit"));
}

/// What was capped of a limit of voltage, in words; empty: nothing.
std::string cap_voltage(const std::vector<named_cap>& caps, messages::inverter::item which,
                        messages::tighter side, std::optional<double>& limit_v) {
  const auto* cap = find(caps, which);
  // Where the battery states no limit, the cap is all that there is.
  if (cap == nullptr || (limit_v && !messages::is_tighter(cap->value, *limit_v, side))) return {};
  limit_v = cap->value;
  return fmt::format(" ({})", words_of(*cap));
}

// Beyond a cap of voltage nothing flows its way, and what is told is the voltage that the battery
// has: an inverter that is told another one may drive the current the other way to reach it.
// `beyond` is by how much the battery is; unknown is worst.
void stop_beyond(const std::string& cap, std::optional<double> beyond_v, std::vector<bound>& all) {
  if (cap.empty() || (beyond_v && !(*beyond_v > 0))) return;
  all.push_back({cause::setpoint, 0,
                 beyond_v
                     ? fmt::format("the battery is {:.1f} V beyond its voltage{}", *beyond_v, cap)
                     : fmt::format("the voltage is not known{}", cap)});
}

void stop_beyond_caps(told_limits& told, const battery_state& battery,
                      const std::string& charge_set, const std::string& discharge_set) {
  const auto beyond = [&](std::optional<double> limit_v, double sign) {
    return battery.voltage_v && limit_v ? std::optional((*battery.voltage_v - *limit_v) * sign)
                                        : std::nullopt;
  };
  stop_beyond(charge_set, beyond(told.charge_voltage_v, 1), told.charge);
  stop_beyond(discharge_set, beyond(told.discharge_voltage_v, -1), told.discharge);
}

double power_of(double current_a, std::optional<double> voltage_v, std::optional<double> limit_w,
                std::optional<double> most_w) {
  const double by_current_w = current_a * voltage_v.value_or(0);
  const double by_battery_w = limit_w ? std::clamp(*limit_w, 0.0, by_current_w) : by_current_w;
  return std::min(by_battery_w, most_w.value_or(by_battery_w));
}

// Zero is no voltage to charge to: some inverters then discharge. What must not be charged
// stays at the voltage that it has.
std::optional<double> charge_voltage(const model_options& options, const battery_state& battery) {
  if (battery.charge_voltage_v && options.charge_voltage_v)
    return std::min(*battery.charge_voltage_v, *options.charge_voltage_v);
  return battery.charge_voltage_v ? battery.charge_voltage_v : options.charge_voltage_v;
}

std::optional<double> discharge_voltage(const model_options& options,
                                        const battery_state& battery) {
  if (battery.discharge_voltage_v && options.discharge_voltage_v)
    return std::max(*battery.discharge_voltage_v, *options.discharge_voltage_v);
  return battery.discharge_voltage_v ? battery.discharge_voltage_v : options.discharge_voltage_v;
}

// What a cap leaves of the voltages, where the battery is beyond it: its own, but never past the
// limits that hold without any cap.
void hold_at_battery(const model_options& options, const battery_state& battery,
                     told_limits& told) {
  if (!battery.voltage_v) return;
  constexpr double none = std::numeric_limits<double>::infinity();
  if (told.charge_voltage_v)
    told.charge_voltage_v = std::min(charge_voltage(options, battery).value_or(none),
                                     std::max(*told.charge_voltage_v, *battery.voltage_v));
  if (told.discharge_voltage_v)
    told.discharge_voltage_v = std::max(discharge_voltage(options, battery).value_or(-none),
                                        std::min(*told.discharge_voltage_v, *battery.voltage_v));
}

// Stopped by both: some inverters go by one of them.
void hold_stopped_charge(told_limits& told, const battery_state& battery) {
  if (told.charge_current_a <= 0 && told.charge_voltage_v && battery.voltage_v)
    told.charge_voltage_v = std::min(*told.charge_voltage_v, *battery.voltage_v);
}

} // namespace

std::string_view to_string(cause of) {
  switch (of) {
    case cause::bms:
      return "bms";
    case cause::derating:
      return "derating";
    case cause::setpoint:
      return "setpoint";
    case cause::fold_back:
      return "fold_back";
    case cause::inverter:
      return "inverter";
    case cause::no_data:
      return "no_data";
    case cause::fallback:
      return "fallback";
    case cause::heartbeat:
      return "heartbeat";
    case cause::incompatible:
      return "incompatible";
    case cause::cannot_say:
      return "cannot_say";
  }
  return "unknown";
}

told_limits tell_limits(const model_options& options, const battery_state& battery,
                        presence inverter, compatibility known,
                        std::optional<double> inverter_voltage_v,
                        const std::vector<named_cap>& caps) {
  const bool falls_back = is_in_fallback(options, inverter_voltage_v);
  const auto fallback_a = [&](double voltage_fallback::*which) {
    return falls_back ? std::optional((*options.fallback).*which) : std::nullopt;
  };
  told_limits told;
  told.charge_voltage_v = charge_voltage(options, battery);
  told.discharge_voltage_v = discharge_voltage(options, battery);
  const auto charge_set = cap_voltage(caps, item_of("charge_voltage_limit"),
                                      messages::tighter::lower, told.charge_voltage_v);
  const auto discharge_set = cap_voltage(caps, item_of("discharge_voltage_limit"),
                                         messages::tighter::higher, told.discharge_voltage_v);
  told.charge =
      bounds_of({battery.charge_current_a, fallback_a(&voltage_fallback::charge_current_a),
                 options.charge_current_max_a, battery.charge_reason, battery.is_derated_charge,
                 battery.is_set_charge},
                inverter, known);
  told.discharge =
      bounds_of({battery.discharge_current_a, fallback_a(&voltage_fallback::discharge_current_a),
                 options.discharge_current_max_a, battery.discharge_reason,
                 battery.is_derated_discharge, battery.is_set_discharge},
                inverter, known);
  cap_currents(caps, told, battery);
  stop_beyond_caps(told, battery, charge_set, discharge_set);
  fold_both(options, told, battery, charge_set, discharge_set);
  sort_by_current(told.charge);
  sort_by_current(told.discharge);
  told.charge_current_a = told.charge.front().current_a;
  told.discharge_current_a = told.discharge.front().current_a;
  hold_at_battery(options, battery, told);
  hold_stopped_charge(told, battery);
  told.charge_power_w = power_of(told.charge_current_a, battery.voltage_v, battery.charge_power_w,
                                 options.charge_power_max_w);
  told.discharge_power_w = power_of(told.discharge_current_a, battery.voltage_v,
                                    battery.discharge_power_w, options.discharge_power_max_w);
  return told;
}

void stop_flow(told_limits& told, const bound& why, const battery_state& battery) {
  told.charge.insert(told.charge.begin(), why);
  told.discharge.insert(told.discharge.begin(), why);
  told.charge_current_a = told.discharge_current_a = 0;
  told.charge_power_w = told.discharge_power_w = 0;
  hold_stopped_charge(told, battery);
}

} // namespace voltaic::actors::inverter_link
