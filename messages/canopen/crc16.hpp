#pragma once

#include <cstdint>
#include <span>

namespace voltaic::messages::canopen {

/// The check of a block transfer (CiA 301, 7.2.4.3.16): polynomial 0x1021, not reflected, from
/// `initial` on, which is 0 at the start of the data.
[[nodiscard]] constexpr std::uint16_t crc16(std::span<const std::uint8_t> data,
                                            std::uint16_t initial = 0) {
  constexpr unsigned polynomial = 0x1021;
  constexpr int bits_a_byte = 8;
  unsigned crc = initial;
  for (const auto byte : data) {
    crc ^= static_cast<unsigned>(byte) << bits_a_byte;
    for (int i = 0; i < bits_a_byte; ++i)
      crc = (crc & 0x8000U) != 0 ? crc << 1 ^ polynomial : crc << 1;
    crc &= 0xFFFFU;
  }
  return static_cast<std::uint16_t>(crc);
}

} // namespace voltaic::messages::canopen
