#include "messages/profiles/set_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace voltaic::messages::profiles {

namespace {

/// What a decimal number is off by as a double, in steps, and by its own size.
constexpr double step_noise = 1e-6;
constexpr double relative_noise = 1e-12;

bool has_whole_numbers_only(const command& wanted, wire_steps steps) {
  return wanted.unit.empty() && steps.scale == 1 && steps.offset == 0;
}

bool is_on_step(double steps) {
  return std::abs(steps - std::round(steps)) <=
         std::max(step_noise, std::abs(steps) * relative_noise);
}

} // namespace

expected<double> value_to_send(const command& wanted, double value) {
  const auto& allowed = wanted.allowed;
  if (value >= allowed.minimum && value <= allowed.maximum) return value; // NaN is not within
  return failure{fmt::format("{}: {} is outside of {} to {}{}{}", wanted.point, value,
                             allowed.minimum, allowed.maximum, wanted.unit.empty() ? "" : " ",
                             wanted.unit)};
}

expected<double> value_to_send(const command& wanted, double value, wire_steps steps) {
  auto within = value_to_send(wanted, value);
  if (!within) return within;
  const double counted = (value - steps.offset) / steps.scale;
  if (is_on_step(counted)) return value;
  if (has_whole_numbers_only(wanted, steps))
    return failure{fmt::format("{}: {} is no whole number, and it takes those from {} to {}",
                               wanted.point, value, wanted.allowed.minimum,
                               wanted.allowed.maximum)};
  const double one = std::floor(counted) * steps.scale + steps.offset;
  const double other = std::ceil(counted) * steps.scale + steps.offset;
  return goes_before(one, other, wanted.side) ? one : other;
}

} // namespace voltaic::messages::profiles
