#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace voltaic::messages {

/// A number of at most 8 bytes with the lowest first, as CANopen (CiA 301, 7.1.3) and J1939
/// have all numbers.
[[nodiscard]] constexpr std::uint64_t get_number(std::span<const std::uint8_t> from) {
  std::uint64_t value = 0;
  for (std::size_t i = from.size(); i > 0; --i) value = value << 8 | from[i - 1];
  return value;
}
constexpr void put_number(std::span<std::uint8_t> to, std::uint64_t value) {
  for (auto& byte : to) {
    byte = static_cast<std::uint8_t>(value & 0xFF);
    value >>= 8;
  }
}

} // namespace voltaic::messages
