#pragma once

#include <cstdint>
#include <span>

namespace voltaic::actors::simulator {

/// CRC-8 SAE J1850 of what simulated batteries are ordered, bit by bit. Those are peers of their
/// own: sharing the product's table would let one mistake hide on both ends.
[[nodiscard]] constexpr std::uint8_t crc8(std::span<const std::uint8_t> bytes) {
  unsigned crc = 0xFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x80u) != 0 ? (crc << 1) ^ 0x1Du : crc << 1;
    crc &= 0xFFu;
  }
  return static_cast<std::uint8_t>(crc ^ 0xFFu);
}

} // namespace voltaic::actors::simulator
