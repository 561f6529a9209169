#pragma once

#include <cstdint>

/// SAE J1939: how devices talk on 29-bit CAN. Nothing here reads a clock or a bus: frames and
/// times in microseconds come in, frames and messages go out.
namespace voltaic::messages::j1939 {

/// Everybody; as a destination.
inline constexpr std::uint8_t global_address = 0xFF;
/// Who could claim no address; as a source (J1939-81 4.2).
inline constexpr std::uint8_t null_address = 0xFE;
/// Of data and requests; control has 3 (J1939-21 5.2.1).
inline constexpr std::uint8_t default_priority = 6;

/// The parts of a parameter group's number (J1939-21 5.2).
struct group_parts {
  std::uint8_t extended_data_page = 0; ///< 0 or 1
  std::uint8_t data_page = 0;          ///< 0 or 1
  std::uint8_t format = 0;             ///< PF
  std::uint8_t specific = 0; ///< PS: an address below format 240, else a part of the group
  friend bool operator==(const group_parts&, const group_parts&) = default;
};

/// What a 29-bit identifier says (J1939-21 5.2).
struct identifier {
  std::uint8_t priority = default_priority;  ///< 0, the highest, to 7
  std::uint32_t pgn = 0;                     ///< 0 to 0x3FFFF; PDU1: its low byte is 0
  std::uint8_t destination = global_address; ///< PDU2: always everybody
  std::uint8_t source = null_address;
  friend bool operator==(const identifier&, const identifier&) = default;
};

/// PDU1, whose messages name a destination; else PDU2, whose messages are for everybody.
[[nodiscard]] bool is_addressed(std::uint32_t pgn);

/// The group's number. Of PDU1 `specific` is no part of it.
[[nodiscard]] std::uint32_t pgn_of(const group_parts& parts);
[[nodiscard]] group_parts parts_of(std::uint32_t pgn);

/// The 29 bits of `id` are split; those above count for nothing.
[[nodiscard]] identifier split(std::uint32_t id);
/// Of PDU2 the destination has no place. What is beyond a field's bits is cut off.
[[nodiscard]] std::uint32_t join(const identifier& id);

} // namespace voltaic::messages::j1939
