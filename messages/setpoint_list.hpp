#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace voltaic::messages {

/// A value that somebody set and that stands.
struct setpoint {
  std::string point; ///< by its device: "bms_0/charge_current_limit"
  double value = 0;  ///< in the point's unit
  std::string user;  ///< who set it
  std::string until; ///< UTC as events spell it; empty: until it is set again
  friend bool operator==(const setpoint&, const setpoint&) = default;
};

/// A list says so many at most.
inline constexpr std::size_t setpoints_max = 256;

/// As the point `command/setpoints` says them, and back. What cannot be read is left out.
[[nodiscard]] std::string setpoint_text(const std::vector<setpoint>& all);
[[nodiscard]] std::vector<setpoint> read_setpoints(std::string_view text);

} // namespace voltaic::messages
