#pragma once

#include <cstdint>

#include "messages/can/frame.hpp"

namespace voltaic::messages::can {

/// The bit rates of a bus, bit/s.
struct bit_rates {
  std::uint32_t nominal = 0;
  std::uint32_t data = 0; ///< of what CAN FD switches; 0: the bus has no CAN FD, or the same rate
  friend bool operator==(const bit_rates&, const bit_rates&) = default;
};

/// Bits that a frame occupies on the wire, stuff bits and the 3-bit interframe space included
/// (ISO 11898-1; CRC-15 polynomial 0x4599; of CAN FD with its fixed stuff bits). Those that go at
/// the data rate count as so many of the nominal one as take the same time.
[[nodiscard]] std::uint32_t exact_bits(const frame& frame, bit_rates rates = {});

/// The most that a frame of CAN FD can occupy, in the same measure, for planning.
[[nodiscard]] std::uint32_t worst_case_fd_bits(bool extended, bool switched,
                                               std::uint32_t data_bytes, bit_rates rates = {});

/// Of a classic frame without any stuff bit: 47 + 8 n (11-bit identifier) or 67 + 8 n (29-bit), n
/// data bytes.
[[nodiscard]] constexpr std::uint32_t unstuffed_bits(bool extended, std::uint32_t data_bytes) {
  return (extended ? 67u : 47u) + 8u * data_bytes;
}

/// The same with the largest possible number of stuff bits, for planning: of what is stuffed
/// (34 or 54 bits and the data) the first takes five bits, each other one four.
[[nodiscard]] constexpr std::uint32_t worst_case_bits(bool extended, std::uint32_t data_bytes) {
  return unstuffed_bits(extended, data_bytes) +
         ((extended ? 54u : 34u) + 8u * data_bytes - 1u) / 4u;
}

} // namespace voltaic::messages::can
