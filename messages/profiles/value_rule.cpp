#include "messages/profiles/value_rule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace voltaic::messages::profiles {
namespace {

/// 5.0 / 0.001 is not exactly 5000: a bound may miss its raw value by this much.
constexpr double bound_tolerance = 1e-6;
/// The first double beyond int64.
constexpr double integer_end = 9223372036854775808.0;

std::int64_t saturate(double value) {
  if (value >= integer_end) return std::numeric_limits<std::int64_t>::max();
  if (value <= -integer_end) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

} // namespace

rescaling rescaling_of(const point& target, double wire_scale, double wire_offset) {
  if (target.type == raw_type::f64) return {wire_scale, wire_offset};
  return {wire_scale / target.scale, (wire_offset - target.offset) / target.scale};
}

std::pair<std::int64_t, std::int64_t> raw_bounds(const point& target) {
  std::int64_t minimum = raw_minimum(target.type);
  std::int64_t maximum = raw_maximum(target.type);
  if (!target.valid) return {minimum, maximum};
  double low = (target.valid->minimum - target.offset) / target.scale;
  double high = (target.valid->maximum - target.offset) / target.scale;
  if (low > high) std::swap(low, high); // a negative scale turns the range around
  minimum = std::max(minimum, saturate(std::ceil(low - bound_tolerance)));
  maximum = std::min(maximum, saturate(std::floor(high + bound_tolerance)));
  return {minimum, maximum};
}

std::pair<double, double> real_bounds(const point& target) {
  if (target.valid) return {target.valid->minimum, target.valid->maximum};
  return {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()};
}

bool round_to_integer(double value, std::int64_t& result) {
  const double rounded = std::round(value);
  if (!(rounded < integer_end && rounded >= -integer_end)) return false;
  result = static_cast<std::int64_t>(rounded);
  return true;
}

} // namespace voltaic::messages::profiles
