#pragma once

#include <cstdint>

#include "messages/can/frame.hpp"

namespace voltaic::messages::can {

/// Bits that a classic frame occupies on the wire, stuff bits and the 3-bit
/// interframe space included (ISO 11898-1; CRC-15 polynomial 0x4599).
[[nodiscard]] std::uint32_t exact_bits(const frame& frame);

/// The same with the largest possible number of stuff bits, for planning:
/// 55 + 10 n (11-bit identifier) or 80 + 10 n (29-bit), n data bytes.
[[nodiscard]] constexpr std::uint32_t worst_case_bits(bool extended, std::uint32_t data_bytes) {
  return (extended ? 80u : 55u) + 10u * data_bytes;
}

} // namespace voltaic::messages::can
