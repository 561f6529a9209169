#pragma once

#include <cstdint>
#include <utility>

#include "messages/profiles/device_profile.hpp"

/// What decoding from frames and from registers have in common.
namespace voltaic::messages::profiles {

/// How raw values of the wire become raw values of an integer point.
struct rescaling {
  double factor = 1;
  double addend = 0;
  [[nodiscard]] bool is_identity() const { return factor == 1 && addend == 0; }
};
/// From what the wire has to what the point has.
[[nodiscard]] rescaling rescaling_of(const point& target, double wire_scale, double wire_offset);

/// The raw values of an integer point that are within its type and its valid range.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> raw_bounds(const point& target);
/// The engineering values of an f64 point that are valid; all finite ones if none are stated.
[[nodiscard]] std::pair<double, double> real_bounds(const point& target);

/// Rounds to the nearest integer; false when int64 cannot hold it (or NaN).
[[nodiscard]] bool round_to_integer(double value, std::int64_t& result);

} // namespace voltaic::messages::profiles
