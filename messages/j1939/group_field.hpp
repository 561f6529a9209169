#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "messages/little_endian.hpp"

namespace voltaic::messages::j1939 {

/// A group's number in a payload (J1939-21 5.4.2).
inline constexpr std::size_t group_bytes = 3;

/// 18 bits; those above count for nothing.
[[nodiscard]] inline std::uint32_t take_group(std::span<const std::uint8_t> payload,
                                              std::size_t at) {
  return static_cast<std::uint32_t>(get_number(payload.subspan(at, group_bytes))) & 0x3'FFFF;
}

inline void put_group(std::span<std::uint8_t> payload, std::size_t at, std::uint32_t pgn) {
  put_number(payload.subspan(at, group_bytes), pgn);
}

} // namespace voltaic::messages::j1939
