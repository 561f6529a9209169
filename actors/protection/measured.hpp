#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "messages/protection/own_candidate.hpp"
#include "messages/quality.hpp"

namespace voltaic::actors::protection {

/// What a rack's device measures and the rack is judged by. Behind these stand the rack's own
/// points, from `own_point(0)` on.
enum class measured : std::uint8_t {
  cell_voltage,
  cell_temperature,
  terminal_temperature,
  voltage, ///< of the rack, at its terminals
  current, ///< positive: discharge
  soc,
  insulation_resistance,
  fan_tacho,
  coolant_flow
};
inline constexpr std::size_t known_count = 9;
inline constexpr std::size_t measured_count = known_count + messages::protection::own_points_max;
static_assert(measured_count <= 32, "sets of them are bits of a word");

[[nodiscard]] constexpr measured own_point(std::size_t position) {
  return static_cast<measured>(known_count + position);
}
[[nodiscard]] constexpr bool is_own(measured what) {
  return static_cast<std::size_t>(what) >= known_count;
}

/// How a measured point is called, kept and missed.
struct measured_description {
  std::string_view point;   ///< name in the device's catalogue, without the rack
  std::string_view element; ///< what one of its elements is called
  /// Values are kept as whole numbers of this part of the unit: exact for every scale that
  /// devices use, so that a value on a threshold is on it and not a rounding beside it.
  double parts = 1;
  /// Nothing is closed, and nothing kept closed after a start, before it was heard.
  bool needed_to_close = true;
  /// A step as large within one scan is no physics: it sets nothing before another scan came;
  /// 0: any may be.
  double step_max = 0;
  /// More than the largest number is as good as that; elsewhere it is no value.
  bool saturates = false;
};

inline constexpr std::array<measured_description, known_count> measured_points{{
    {"cell_voltage", "cell", 1e6, true, 1.0},
    {"cell_temperature", "temperature", 1e6},
    {"terminal_temperature", "terminal", 1e6},
    {"voltage", "rack", 1e5},
    {"current", "rack", 1e4},
    {"soc", "rack", 1e6, false},
    // Whole ohms. Without a leak monitors report whatever their registers hold.
    {"insulation_resistance", "rack", 1, false, 0, true},
    {"fan_tacho", "rack", 1e3, false},
    {"coolant_flow", "rack", 1e6, false},
}};

/// Of one that every rack may have.
[[nodiscard]] constexpr const measured_description& describe(measured what) {
  return measured_points[static_cast<std::size_t>(what)];
}
/// Position in arrays over all of them.
[[nodiscard]] constexpr std::size_t position_of(measured what) {
  return static_cast<std::size_t>(what);
}

/// Of a set of them, as a word of bits, this one.
[[nodiscard]] constexpr std::uint32_t bit(measured what) {
  return 1U << position_of(what);
}

/// What losing a point may come to.
enum class severity : std::uint8_t {
  opens, ///< the rack is blind without it
  stops, ///< an estimate, or what never opens: nor does its loss
  warns  ///< watches over something that is not urgent
};

/// How the device reports a point that the rack is judged by; `count` 0: it does not.
struct point_options {
  std::uint32_t count = 0;
  std::uint32_t group_size = 0; ///< elements a module; 0: not grouped
  std::uint32_t period_ms = 0;
  std::string name = {}; ///< of an own point, without the rack
  double largest_value =
      0; ///< of an own point, either side of zero: what its numbers have room for
  severity loss = severity::opens; ///< of an own point
  double resolution = 0;           ///< smallest step of its values, in its unit; 0: not known
};
/// In how many parts of the unit an own point's values are kept: millionths, or as fine as leaves
/// room for its largest value.
[[nodiscard]] double own_parts(double largest_value);
/// What losing a point comes to that every rack may have.
[[nodiscard]] severity loss_of(measured what);

using measured_options = std::array<point_options, measured_count>;

} // namespace voltaic::actors::protection
