#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/expected.hpp"

/// CAN frames through a network in the framing of cannelloni, as gateways speak it: packets over
/// UDP (a head and its frames), or a stream of the same frames over TCP.
namespace voltaic::messages::can::cannelloni {

inline constexpr std::uint8_t version = 2;
/// Version, operation, sequence, and the number of frames in two bytes.
inline constexpr std::size_t header_bytes = 5;
/// Identifier, length and, of CAN FD, flags; 64 bytes of data.
inline constexpr std::size_t frame_bytes_max = 6 + 64;
/// No packet that we send is longer: it fits into an Ethernet frame.
inline constexpr std::size_t packet_bytes_max = 1'472;
/// What a partner says first over TCP.
inline constexpr std::string_view greeting = "CANNELLONIv1";

enum class operation : std::uint8_t { data = 0, acknowledge = 1, refuse = 2 };

/// A packet of UDP.
struct packet {
  cannelloni::operation operation = operation::data;
  std::uint8_t sequence = 0; ///< counts packets and goes round
  std::vector<frame> frames;
  friend bool operator==(const packet&, const packet&) = default;
};

/// Refuses what is not exactly a packet: another version, an unknown operation, frames that are cut
/// off, too long or too many for the head, and bytes behind them.
[[nodiscard]] expected<packet> decode(std::span<const std::uint8_t> bytes);

/// Appends one frame in its form; false and nothing appended where it would not fit into `room`
/// bytes any more.
bool append(std::vector<std::uint8_t>& to, const frame& what, std::size_t room);
/// The head of a packet, in front of which nothing stands.
[[nodiscard]] std::vector<std::uint8_t> encode_header(operation what, std::uint8_t sequence,
                                                      std::uint16_t frames);
/// Sets the number of frames of a packet whose head stands there.
void set_count(std::vector<std::uint8_t>& packet, std::uint16_t frames);

/// What the bytes of a stream begin with.
struct streamed {
  std::optional<can::frame> whole; ///< nothing: it has not come wholly
  std::size_t bytes = 0;           ///< that it took
};
/// Fails where the stream cannot be followed any more, only closed.
[[nodiscard]] expected<streamed> next_frame(std::span<const std::uint8_t> stream);

} // namespace voltaic::messages::can::cannelloni
