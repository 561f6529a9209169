#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/can/frame.hpp"

/// Layer setting services: node ids and bit rates for devices without switches (CiA 305).
namespace voltaic::messages::canopen::lss {

/// What a frame is about: its byte 0.
enum class command : std::uint8_t {
  switch_global = 0x04,
  set_node_id = 0x11,
  set_bit_timing = 0x13,
  activate_bit_timing = 0x15,
  store = 0x17,
  select_vendor = 0x40,
  select_product = 0x41,
  select_revision = 0x42,
  select_serial = 0x43,
  selected = 0x44,   ///< answer
  identified = 0x4F, ///< answer to fastscan and to being asked for
  fastscan = 0x51,
  inquire_vendor = 0x5A,
  inquire_product = 0x5B,
  inquire_revision = 0x5C,
  inquire_serial = 0x5D,
  inquire_node_id = 0x5E
};

/// A node without an id.
inline constexpr std::uint8_t unconfigured_node = 255;

/// Object 1018: no two devices have the same.
struct identity {
  std::uint32_t vendor = 0;
  std::uint32_t product = 0;
  std::uint32_t revision = 0;
  std::uint32_t serial = 0;
  friend bool operator==(const identity&, const identity&) = default;
};

/// All slaves, into configuration or back to waiting.
[[nodiscard]] can::frame switch_global(bool to_configuration);
/// The one slave with that identity into configuration: four frames, answered by `selected`.
[[nodiscard]] std::vector<can::frame> switch_selective(const identity& of);
/// 1 to 127, or 255.
[[nodiscard]] can::frame set_node_id(std::uint8_t node);
/// `rate` by CiA 305's table 0: 0 is 1 Mbit/s, then 800, 500, 250, 125 (4), 50 (6), 20, 10 kbit/s.
[[nodiscard]] can::frame set_bit_timing(std::uint8_t rate);
/// Its index of the table; nothing for another rate.
[[nodiscard]] std::optional<std::uint8_t> bit_timing_index(std::uint32_t bits_a_second);
/// All slaves change over after `delay_ms`, and keep silent as long again.
[[nodiscard]] can::frame activate_bit_timing(std::uint16_t delay_ms);
[[nodiscard]] can::frame store();
/// One of the `inquire_` commands.
[[nodiscard]] can::frame inquire(command what);
/// Asks slaves without an id whether the highest bits of a part of their identity, from
/// `bit_checked` on, are those of `number`; `part` and `next_part` are 0 to 3, and `bit_checked`
/// is 128 to begin.
[[nodiscard]] can::frame fastscan(std::uint32_t number, std::uint8_t bit_checked, std::uint8_t part,
                                  std::uint8_t next_part);

/// What a slave answers.
struct answer {
  command to = command::store;
  std::uint8_t error = 0;    ///< of set and store; 0: done, 255: see `specific`
  std::uint8_t specific = 0; ///< the slave's own error
  std::uint32_t value = 0;   ///< of inquiries
};
/// Nothing: not 8 bytes, or no answer that CiA 305 has.
[[nodiscard]] std::optional<answer> read_answer(std::span<const std::uint8_t> payload);

} // namespace voltaic::messages::canopen::lss
