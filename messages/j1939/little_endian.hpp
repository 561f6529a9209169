#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace voltaic::messages::j1939 {

/// A group's number in a payload (J1939-21 5.4.2).
inline constexpr std::size_t group_bytes = 3;

/// `count` bytes from `at` on, which the payload has, the lowest first.
[[nodiscard]] inline std::uint32_t take_bytes(std::span<const std::uint8_t> payload, std::size_t at,
                                              std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | payload[at + i];
  return value;
}

inline void put_bytes(std::span<std::uint8_t> payload, std::size_t at, std::size_t count,
                      std::uint32_t value) {
  for (std::size_t i = 0; i < count; ++i) {
    payload[at + i] = static_cast<std::uint8_t>(value & 0xFF);
    value >>= 8;
  }
}

/// 18 bits; those above count for nothing.
[[nodiscard]] inline std::uint32_t take_group(std::span<const std::uint8_t> payload,
                                              std::size_t at) {
  return take_bytes(payload, at, group_bytes) & 0x3'FFFF;
}

inline void put_group(std::span<std::uint8_t> payload, std::size_t at, std::uint32_t pgn) {
  put_bytes(payload, at, group_bytes, pgn);
}

} // namespace voltaic::messages::j1939
