#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace voltaic::messages::can {

/// The most data bytes of a classic frame.
inline constexpr std::uint8_t classic_bytes_max = 8;
/// The most of a frame of CAN FD.
inline constexpr std::uint8_t fd_bytes_max = 64;

/// One CAN frame. Classic frames carry 0 to 8 bytes, CAN FD up to 64.
struct frame {
  std::uint32_t id = 0;  ///< 11 or 29 bits
  bool extended = false; ///< 29-bit identifier
  bool remote = false;
  bool error = false; ///< an error frame of the controller
  bool fd = false;
  bool bit_rate_switch = false; ///< CAN FD: its data goes at the bus's other bit rate
  std::uint8_t length = 0;      ///< data bytes, 0 to 64
  std::array<std::uint8_t, fd_bytes_max> data{};
  std::int64_t time_us = 0; ///< receive time on the monotonic clock of its port
  friend bool operator==(const frame&, const frame&) = default;
};

/// The least number of bytes, from `bytes` to 64, that a frame can have: up to 8 any, of CAN FD 12,
/// 16, 20, 24, 32, 48 and 64 besides (ISO 11898-1). 64 for more.
[[nodiscard]] constexpr std::uint8_t frame_length(std::size_t bytes) {
  if (bytes <= classic_bytes_max) return static_cast<std::uint8_t>(bytes);
  for (const int each : {12, 16, 20, 24, 32, 48})
    if (bytes <= static_cast<std::size_t>(each)) return static_cast<std::uint8_t>(each);
  return fd_bytes_max;
}

} // namespace voltaic::messages::can
