#include "messages/protection/level_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "messages/protection/condition.hpp"

namespace voltaic::messages::protection {

namespace {

/// What a level does, reduced to what must not weaken as levels rise.
struct strength {
  double charge_percent = 100;
  double discharge_percent = 100;
  int opening = 0;
  bool locks = false;
  bool inhibits = false;

  explicit strength(const limit& of) {
    for (const auto& [kind, percent] : of.actions) {
      if (kind == action_kind::derate_charge) charge_percent = std::min(charge_percent, percent);
      if (kind == action_kind::derate_discharge) {
        discharge_percent = std::min(discharge_percent, percent);
      }
      if (kind == action_kind::stop_charge) charge_percent = 0;
      if (kind == action_kind::stop_discharge) discharge_percent = 0;
      if (kind == action_kind::open_ordered) opening = std::max(opening, 1);
      if (kind == action_kind::open_immediate) opening = 2;
      if (kind == action_kind::lock) locks = true;
      if (kind == action_kind::inhibit_close) inhibits = true;
    }
    // An open rack carries no current and cannot be closed while it is told to open.
    if (opening > 0) {
      charge_percent = discharge_percent = 0;
      inhibits = true;
    }
  }

  [[nodiscard]] bool weaker_than(const strength& other) const {
    return charge_percent > other.charge_percent || discharge_percent > other.discharge_percent ||
           opening < other.opening || (other.locks && !locks) || (other.inhibits && !inhibits);
  }
};

/// Why a fault may not have this condition: what watches voltage, current or temperature is
/// suppressed by nothing. Temperature alone may ask which way the current flows, because it limits
/// each direction by itself. Nothing: it may.
std::optional<std::string_view> forbidden_condition(const limit& of, std::string_view unit) {
  constexpr std::array<std::string_view, 5> never{"V", "mV", "V per cell", "A", "ratio"};
  constexpr std::array<std::string_view, 2> by_direction{"degC", "K"};
  if (of.level < level::fault || of.condition.empty()) return std::nullopt;
  if (std::ranges::find(never, unit) != never.end())
    return "nothing may suppress a fault of a voltage or current: it has no condition";
  if (std::ranges::find(by_direction, unit) == by_direction.end()) return std::nullopt;
  const auto asked = parse_condition(of.condition).value_or(condition{});
  const auto is_direction = [](const clause& each) {
    return each.asks == clause::kind::charging_over ||
           each.asks == clause::kind::discharging_over ||
           each.asks == clause::kind::above_discharge_fault;
  };
  if (std::ranges::all_of(asked, is_direction)) return std::nullopt;
  return "only the direction of the current may suppress a fault of a temperature";
}

} // namespace

std::vector<level_mistake> mistakes_of(const candidate& watched) {
  std::vector<level_mistake> found;
  const double sign = watched.direction == direction::high ? 1 : -1;
  const limit* lower = nullptr;
  for (const auto& each : watched.limits) {
    const auto report = [&](std::string text) {
      found.push_back({each.level, fmt::format("{}.{}: {}", watched.name, to_string(each.level),
                                               std::move(text))});
    };
    if (sign * each.clear >= sign * each.set) {
      report(fmt::format("clear must be {} set", sign > 0 ? "below" : "above"));
    }
    if (watched.minimum < watched.maximum) {
      for (const auto value : {each.set, each.clear}) {
        if (value < watched.minimum || value > watched.maximum) {
          report(fmt::format("{} lies outside the envelope {} to {}", value, watched.minimum,
                             watched.maximum));
        }
      }
    }
    if (each.level >= level::fault && each.latch == latch::none && each.reason.empty()) {
      report("a fault without a latch needs a reason");
    }
    if (const auto forbidden = forbidden_condition(each, watched.unit))
      report(std::string(*forbidden));
    if (lower && sign * each.set <= sign * lower->set) {
      report(fmt::format("set must lie beyond the {}'s", to_string(lower->level)));
    }
    if (lower && strength(each).weaker_than(strength(*lower))) {
      report(fmt::format("its actions are weaker than the {}'s", to_string(lower->level)));
    }
    lower = &each;
  }
  return found;
}

} // namespace voltaic::messages::protection
