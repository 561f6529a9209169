#pragma once

#include <optional>
#include <string>
#include <vector>

#include "messages/points/point_table.hpp"
#include "messages/setpoint_list.hpp"

namespace voltaic::nodes::cli {

/// What holds a rack's limit down.
struct rack_bound {
  std::string cause;  ///< "cell_overvoltage/alarm"; `cause_setpoint` where somebody set it
  std::string detail; ///< the points that it comes from, or who set what until when; may be empty
  std::optional<messages::setpoint> setpoint; ///< that the rack holds
};

inline constexpr const char* cause_setpoint = "setpoint";

/// What protection says of a limit, each reason once and with its point: what is silent or
/// unusable by the points that are so now, and a limit that the rack itself reports by whoever set
/// it, as `command/setpoints` tells.
[[nodiscard]] std::vector<rack_bound> bounds_of(const messages::points::point_table& points,
                                                const std::string& rack,
                                                const std::vector<std::string>& reasons);

} // namespace voltaic::nodes::cli
