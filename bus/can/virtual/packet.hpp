#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bus/can/id_filter.hpp"
#include "messages/can/frame.hpp"
#include "messages/expected.hpp"

/// What travels on a virtual bus's socket. Both ends run on one machine, so
/// numbers are in its byte order; the receiver still checks every length.
namespace voltaic::bus::can {

using messages::can::frame;

/// A packet carries no more frames.
inline constexpr std::size_t frames_per_packet_max = 64;
/// What stands before the frames.
inline constexpr std::size_t packet_header_bytes = 64;
/// A longer packet is malformed.
inline constexpr std::size_t packet_bytes_max =
    packet_header_bytes + frames_per_packet_max * (16 + 64);

/// A filter names no more ranges; who listens to more than that gets everything.
inline constexpr std::size_t filter_ranges_max = 256;

/// What the others sent since this client came, whether it listens to that or not.
struct passed_frames {
  std::uint64_t frames = 0; ///< without those that this client lost
  std::uint64_t bytes = 0;  ///< in the data fields of those
  std::uint64_t bits = 0;   ///< that those occupied, stuff bits included
  std::uint64_t lost = 0;   ///< frames this client lost because it read too slowly
};

/// Stands in an identifier of 29 bits.
inline constexpr std::uint32_t extended_babbler = 0x8000'0000;

/// Identifiers on the bus that none of its clients knows.
struct passing_strangers {
  std::uint32_t watched = 0;      ///< 1: some client said what it knows
  std::uint32_t count = 0;        ///< different ones
  std::uint32_t babbler = 0;      ///< one that takes the bus for itself; bit 31: of 29 bits
  std::uint32_t frames_per_s = 0; ///< of that one; 0: there is none
  friend bool operator==(const passing_strangers&, const passing_strangers&) = default;
};

/// Stands before the frames of each packet.
struct packet_header {
  std::uint32_t magic = 0;
  std::uint32_t count = 0;   ///< frames or ranges that follow
  std::uint32_t bitrate = 0; ///< of the bus; 0 from a client
  std::uint32_t reserved = 0;
  passed_frames passed;        ///< 0 from a client
  passing_strangers strangers; ///< 0 from a client
};
static_assert(sizeof(packet_header) == packet_header_bytes);

/// A packet under construction, room for `frames_per_packet_max` frames.
class packet {
 public:
  packet() { clear(); }
  void clear();
  /// False when the packet is full.
  bool add(const frame& item);
  /// Completes the header; the bytes stay valid until the next change.
  [[nodiscard]] std::span<const std::byte> finish(std::uint32_t bitrate,
                                                  const passed_frames& passed,
                                                  const passing_strangers& strangers = {});
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::array<std::byte, packet_bytes_max> bytes_;
  std::size_t size_ = 0;
  std::size_t count_ = 0;
};

/// Appends a packet's frames; false (and nothing appended) when it is malformed.
[[nodiscard]] bool read_packet(std::span<const std::byte> bytes, packet_header& header,
                               std::vector<frame>& frames);

/// What a client says of identifiers: that it listens to no more than these, or which ones are no
/// strangers to it.
enum class said_of_ids : std::uint8_t { listens_to, knows };
/// At most `filter_ranges_max`.
[[nodiscard]] std::vector<std::byte> filter_packet(const std::vector<id_range>& ranges,
                                                   said_of_ids what = said_of_ids::listens_to);

/// Such a packet as it was read.
struct id_filter_said {
  said_of_ids what = said_of_ids::listens_to;
  std::vector<id_range> ranges;
};
/// Nothing when it is malformed or a packet of frames.
[[nodiscard]] std::optional<id_filter_said> read_filter(std::span<const std::byte> bytes);

/// Where the virtual bus `name` listens; a failure when the path is too long
/// for a unix socket.
[[nodiscard]] messages::expected<std::string> virtual_bus_path(const std::string& runtime_folder,
                                                               const std::string& name);

} // namespace voltaic::bus::can
