#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/j1939/packet.hpp"

/// Memory access: what the tool asks (DM14), how it is answered (DM15), and the bytes (DM16).
/// J1939-73 5.7.14 to 5.7.16.
namespace voltaic::messages::j1939 {

/// What a DM14 asks for.
enum class memory_command : std::uint8_t {
  erase = 0,
  read = 1,
  write = 2,
  status = 3,
  completed = 4,
  failed = 5,
  boot_load = 6,
  generate_edcp = 7
};

/// DM14.
struct memory_request {
  std::uint16_t length = 0;    ///< 11 bits: bytes, or objects, that are asked for
  bool direct_spatial = false; ///< pointer type: the extension names a space
  memory_command command = memory_command::read;
  std::uint32_t pointer = 0;  ///< with its extension as the highest byte
  std::uint16_t key = 0xFFFF; ///< or level of the user
  friend bool operator==(const memory_request&, const memory_request&) = default;
};

/// What a DM15 says.
enum class memory_state : std::uint8_t { proceed = 0, busy = 1, completed = 4, failed = 5 };

/// DM15.
struct memory_answer {
  std::uint16_t length = 0; ///< 11 bits: bytes that are allowed
  memory_state state = memory_state::failed;
  std::uint32_t error = 0xFF'FFFF; ///< 24 bits, or an error detection parameter
  std::uint8_t extension = 0xFF;   ///< says what `error` is
  std::uint16_t seed = 0xFFFF;     ///< a key is asked for; all ones: none
  friend bool operator==(const memory_answer&, const memory_answer&) = default;
};

/// Nothing of another group or length.
[[nodiscard]] std::optional<memory_request> read_memory_request(const message& heard);
[[nodiscard]] std::optional<memory_answer> read_memory_answer(const message& heard);
/// The bytes of a DM16, without their count and what pads them.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> read_memory_data(const message& heard);

[[nodiscard]] message memory_message(const memory_request& said, std::uint8_t source,
                                     std::uint8_t destination);

} // namespace voltaic::messages::j1939
