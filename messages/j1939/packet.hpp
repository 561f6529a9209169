#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/j1939/identifier.hpp"

namespace voltaic::messages::j1939 {

inline constexpr std::size_t packet_bytes_max = 8;

/// One frame.
struct packet {
  identifier id;
  std::uint8_t length = packet_bytes_max;
  std::array<std::uint8_t, packet_bytes_max> bytes{};
  [[nodiscard]] std::span<const std::uint8_t> payload() const { return {bytes.data(), length}; }
  friend bool operator==(const packet&, const packet&) = default;
};

/// One message, in however many frames it travels.
struct message {
  std::uint32_t pgn = 0;
  std::uint8_t priority = default_priority; ///< transported: that of its transport
  std::uint8_t source = null_address;
  std::uint8_t destination = global_address;
  std::vector<std::uint8_t> payload; ///< at most 1785 bytes (J1939-21 5.10.1)
  friend bool operator==(const message&, const message&) = default;
};

/// A frame as J1939 reads it; nothing of 11-bit, remote, error and CAN FD frames (F-075).
[[nodiscard]] std::optional<packet> packet_of(const can::frame& frame);
/// The frame that carries it; `time_us` is 0.
[[nodiscard]] can::frame frame_of(const packet& one);
/// A message that fits in one frame, which is for the caller to see to.
[[nodiscard]] packet packet_of(const message& one);
/// A frame as a message of its own.
[[nodiscard]] message message_of(const packet& one);

} // namespace voltaic::messages::j1939
