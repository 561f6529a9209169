#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

/// The frames of ISO 15765-2 on classic CAN: bytes of a frame's data field to their meaning and
/// back.
namespace voltaic::messages::iso_tp {

/// Data bytes of a classic frame.
inline constexpr std::size_t frame_bytes_max = 8;
/// The longest message that the twelve bits of a first frame can tell.
inline constexpr std::uint32_t message_bytes_max = 4095;

/// A whole message in one frame.
struct single_frame {
  std::vector<std::uint8_t> data;
  friend bool operator==(const single_frame&, const single_frame&) = default;
};
/// The begin of a message of `length` bytes.
struct first_frame {
  std::uint32_t length = 0; ///< also one of 32 bits, as the standard has had it since 2016
  std::vector<std::uint8_t> data;
  friend bool operator==(const first_frame&, const first_frame&) = default;
};
/// A part of a message that a first frame began; the number counts 1 to 15, 0, 1, ...
struct consecutive_frame {
  std::uint8_t number = 0;
  std::vector<std::uint8_t> data;
  friend bool operator==(const consecutive_frame&, const consecutive_frame&) = default;
};
/// What the receiver of a long message wants next.
enum class flow : std::uint8_t { go_on = 0, wait = 1, overflow = 2 };
struct flow_control {
  iso_tp::flow flow = flow::go_on;
  std::uint8_t block_size = 0; ///< consecutive frames until the next flow control; 0: all
  std::uint8_t separation = 0; ///< as it stands in the frame, see `separation_us`
  friend bool operator==(const flow_control&, const flow_control&) = default;
};
using frame = std::variant<single_frame, first_frame, consecutive_frame, flow_control>;

/// Shortest time between two consecutive frames for STmin's byte: 0x00 to 0x7F milliseconds, 0xF1
/// to 0xF9 hundreds of microseconds; reserved values count as the longest, 127 ms.
[[nodiscard]] std::int64_t separation_us(std::uint8_t separation);

/// What the bytes of a data field are; nothing where they are none of these frames: an unknown
/// kind, a length of 0 or beyond the frame, a first frame of what would fit into a single one.
/// `address`: the first byte is the address of extended addressing, and not looked at here.
[[nodiscard]] std::optional<frame> decode(std::span<const std::uint8_t> bytes, bool address);

/// The data field of a frame; padded to 8 bytes where `padding` says by what. A single frame's
/// data, a first frame's and a consecutive frame's must fit.
[[nodiscard]] std::vector<std::uint8_t> encode(const frame& what,
                                               std::optional<std::uint8_t> address,
                                               std::optional<std::uint8_t> padding);

/// Bytes of a message that a single, a first and a consecutive frame carry.
[[nodiscard]] constexpr std::size_t single_bytes(bool address) {
  return address ? 6 : 7;
}
[[nodiscard]] constexpr std::size_t first_bytes(bool address) {
  return address ? 5 : 6;
}
[[nodiscard]] constexpr std::size_t consecutive_bytes(bool address) {
  return address ? 6 : 7;
}

} // namespace voltaic::messages::iso_tp
