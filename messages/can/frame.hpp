#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace voltaic::messages::can {

/// One CAN frame. Classic frames carry 0 to 8 bytes, CAN FD up to 64.
struct frame {
  std::uint32_t id = 0;  ///< 11 or 29 bits
  bool extended = false; ///< 29-bit identifier
  bool remote = false;
  bool error = false; ///< an error frame of the controller
  bool fd = false;
  std::uint8_t length = 0; ///< data bytes, 0 to 64
  std::array<std::uint8_t, 64> data{};
  std::int64_t time_us = 0; ///< receive time on the monotonic clock of its port
  friend bool operator==(const frame&, const frame&) = default;
};

} // namespace voltaic::messages::can
