#pragma once

#include <algorithm>
#include <cstdint>

#include "messages/profiles/device_profile.hpp"

namespace voltaic::messages::profiles {

/// An unchanged order is sent again after this on CAN.
inline constexpr std::uint32_t can_order_renewal_ms = 50;
/// On a line, whose requests take turns, so many times in the device's lease, so that two lost ones
/// in a row do not open it; where it keeps none, and no order of its own brings it open, so often.
inline constexpr std::uint32_t line_orders_per_lease = 4;
inline constexpr std::uint32_t line_order_renewal_ms = 500;

/// How often an unchanged order is sent again to a device on a line.
[[nodiscard]] inline std::uint32_t line_order_renewal_ms_of(const lease& kept) {
  if (kept.mode != lease_mode::device) return line_order_renewal_ms;
  return std::max(1u, kept.timeout_ms / line_orders_per_lease);
}

} // namespace voltaic::messages::profiles
