#include "messages/protection/derating.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace voltaic::messages::protection {
namespace {

constexpr double whole = 100;

const limit* find_level(const table& rules, std::string_view name, level wanted) {
  const auto found = std::ranges::find(rules.candidates, name, &candidate::name);
  if (found == rules.candidates.end()) return nullptr;
  const auto level = std::ranges::find(found->limits, wanted, &limit::level);
  return level == found->limits.end() ? nullptr : &*level;
}

/// From the whole at the warning to nothing at the alarm, on the side of the candidate.
curve default_curve(const table& rules, std::string_view name) {
  const auto* warning = find_level(rules, name, level::warning);
  const auto* alarm = find_level(rules, name, level::alarm);
  if (warning == nullptr || alarm == nullptr || warning->set == alarm->set) return {};
  curve made{{warning->set, whole}, {alarm->set, 0}};
  if (alarm->set < warning->set) std::ranges::reverse(made);
  return made;
}

/// Two curves as one: the low side, then the high side.
curve joined(curve low, const curve& high) {
  // Where they overlap no value is right.
  if (!low.empty() && !high.empty() && low.back().at >= high.front().at) {
    return {{low.front().at, 0}};
  }
  low.insert(low.end(), high.begin(), high.end());
  return low;
}

/// The value from which on a charge curve leaves less than the whole.
double knee_of_falling(const curve& of) {
  const auto below = std::ranges::find_if(of, [](const corner& c) { return c.percent < whole; });
  if (below == of.end()) return std::numeric_limits<double>::infinity();
  return below == of.begin() ? below->at : std::prev(below)->at;
}

/// The value down to which a discharge curve leaves the whole.
double knee_of_rising(const curve& of) {
  const auto enough = std::ranges::find_if(of, [](const corner& c) { return c.percent >= whole; });
  if (enough == of.end()) return of.empty() ? 0 : of.back().at;
  return enough == of.begin() ? 0 : enough->at;
}

double charge_target(const curve& by_cell, const table& rules) {
  const auto* warning = find_level(rules, "rack_overvoltage", level::warning);
  const auto* cell = find_level(rules, "cell_overvoltage", level::warning);
  double target = knee_of_falling(by_cell);
  if (warning != nullptr) target = std::min(target, warning->clear);
  if (cell != nullptr) target = std::min(target, cell->clear);
  return std::isfinite(target) ? target : 0;
}

double discharge_target(const curve& by_cell, const table& rules) {
  const auto* warning = find_level(rules, "rack_undervoltage", level::warning);
  const auto* cell = find_level(rules, "cell_undervoltage", level::warning);
  double target = knee_of_rising(by_cell);
  if (warning != nullptr) target = std::max(target, warning->clear);
  if (cell != nullptr) target = std::max(target, cell->clear);
  return target;
}

bool keeps_shape(const curve& of, curve_shape shape) {
  bool has_fallen = shape == curve_shape::falling;
  for (std::size_t next = 1; next < of.size(); ++next) {
    const double step = of[next].percent - of[next - 1].percent;
    if (step > 0 && has_fallen) return false;
    if (step < 0 && shape == curve_shape::rising) return false;
    has_fallen = has_fallen || step < 0;
  }
  return true;
}

const char* shape_text(curve_shape shape) {
  if (shape == curve_shape::falling) return "what is left must not rise with the value";
  if (shape == curve_shape::rising) return "what is left must not fall with the value";
  return "what is left must not rise again once it fell";
}

} // namespace

double percent_at(const curve& of, double value) {
  if (of.empty()) return whole;
  if (!std::isfinite(value)) return least_percent(of);
  if (value <= of.front().at) return of.front().percent;
  for (std::size_t next = 1; next < of.size(); ++next) {
    const auto& left = of[next - 1];
    const auto& right = of[next];
    if (value > right.at) continue;
    const double share = (value - left.at) / (right.at - left.at);
    return left.percent + share * (right.percent - left.percent);
  }
  return of.back().percent;
}

double least_percent(const curve& of) {
  double least = whole;
  for (const auto& each : of) least = std::min(least, each.percent);
  return least;
}

std::optional<std::string> fault_of(const curve& of, curve_shape shape) {
  if (of.empty() || of.size() > corners_max) {
    return fmt::format("expected 1 to {} corners", corners_max);
  }
  for (std::size_t each = 0; each < of.size(); ++each) {
    const auto& [at, percent] = of[each];
    if (!std::isfinite(at)) return "a value is not a number";
    if (!(percent >= 0 && percent <= whole)) return "percents lie between 0 and 100";
    if (each > 0 && !(at > of[each - 1].at)) return "values must rise from corner to corner";
  }
  if (!keeps_shape(of, shape)) return shape_text(shape);
  return std::nullopt;
}

derating derating_of(const stated_derating& stated, const table& rules) {
  const auto chosen = [&](const std::optional<curve>& own, std::string_view candidate) {
    return own ? *own : default_curve(rules, candidate);
  };
  const auto hill = [&](const std::optional<curve>& own, std::string_view low,
                        std::string_view high) {
    return own ? *own : joined(default_curve(rules, low), default_curve(rules, high));
  };
  derating made;
  made.cell_voltage = {chosen(stated.charge_by_cell_voltage, "cell_overvoltage"),
                       chosen(stated.discharge_by_cell_voltage, "cell_undervoltage")};
  made.temperature = {
      hill(stated.charge_by_temperature, "charge_undertemperature", "charge_overtemperature"),
      hill(stated.discharge_by_temperature, "discharge_undertemperature",
           "discharge_overtemperature")};
  made.soc = {chosen(stated.charge_by_soc, "soc_high"), chosen(stated.discharge_by_soc, "soc_low")};
  const auto take = [](const std::optional<double>& own, double& into) {
    into = own.value_or(into);
  };
  take(stated.recovery_percent_per_s, made.recovery_percent_per_s);
  take(stated.hysteresis_percent, made.hysteresis_percent);
  take(stated.trend_window_s, made.trend_window_s);
  take(stated.trend_horizon_s, made.trend_horizon_s);
  made.charge_target_cell_v =
      stated.charge_target_cell_v.value_or(charge_target(made.cell_voltage.charge, rules));
  made.discharge_target_cell_v =
      stated.discharge_target_cell_v.value_or(discharge_target(made.cell_voltage.discharge, rules));
  return made;
}

} // namespace voltaic::messages::protection
