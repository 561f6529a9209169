#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "messages/canopen/object_dictionary.hpp"

/// Frames of SDO transfers (CiA 301, 7.2.4.3): what both sides and a listener must know.
namespace voltaic::messages::canopen {

inline constexpr std::size_t sdo_bytes = 8;
using sdo_frame = std::array<std::uint8_t, sdo_bytes>;

inline constexpr std::size_t expedited_bytes_max = 4;
inline constexpr std::size_t segment_bytes = 7;
inline constexpr std::uint8_t block_size_max = 127;
/// No transfer carries more; the largest programs of battery controllers have less.
inline constexpr std::size_t sdo_data_bytes_max = std::size_t{16} * 1024 * 1024;

/// The command specifier: the three highest bits of byte 0. They mean one thing from the client
/// and another from the server.
namespace from_client {
inline constexpr std::uint8_t download_segment = 0;
inline constexpr std::uint8_t download = 1;
inline constexpr std::uint8_t upload = 2;
inline constexpr std::uint8_t upload_segment = 3;
inline constexpr std::uint8_t block_upload = 5;
inline constexpr std::uint8_t block_download = 6;
} // namespace from_client
namespace from_server {
inline constexpr std::uint8_t upload_segment = 0;
inline constexpr std::uint8_t download_segment = 1;
inline constexpr std::uint8_t upload = 2;
inline constexpr std::uint8_t download = 3;
inline constexpr std::uint8_t block_download = 5;
inline constexpr std::uint8_t block_upload = 6;
} // namespace from_server

/// Both sides: byte 0 of an abort.
inline constexpr std::uint8_t abort_specifier = 0x80;

[[nodiscard]] constexpr std::uint8_t specifier_of(const sdo_frame& of) {
  return static_cast<std::uint8_t>(of[0] >> 5);
}
/// Byte 0 of a specifier and lower bits.
[[nodiscard]] constexpr std::uint8_t command_byte(std::uint8_t specifier, unsigned low = 0) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(specifier) << 5 | low);
}
/// Bit 4 of byte 0, which changes with each segment.
inline constexpr std::uint8_t toggle_bit = 0x10;
/// Of all frames that begin a transfer, and of aborts.
[[nodiscard]] object_address address_of(const sdo_frame& of);
/// Bytes 4 to 7.
[[nodiscard]] std::uint32_t number_of(const sdo_frame& of);

/// Byte 0, then index and subindex, then a number.
[[nodiscard]] sdo_frame make_sdo(unsigned byte0, const object_address& of, std::uint32_t number);
/// Byte 0 alone.
[[nodiscard]] sdo_frame make_plain(std::uint8_t specifier, unsigned low);
[[nodiscard]] sdo_frame make_abort(const object_address& of, abort_code why);

/// What begins a download (from the client) or answers a request to upload (from the server).
struct initiate {
  bool is_expedited = false;
  std::optional<std::uint32_t> size; ///< bytes, where they are told
  [[nodiscard]] static initiate read(const sdo_frame& from);
  /// The data of an expedited one.
  [[nodiscard]] object_bytes data(const sdo_frame& from) const;
};
/// `specifier` is that of a download from the client or of an upload from the server.
[[nodiscard]] sdo_frame make_initiate(std::uint8_t specifier, const object_address& of,
                                      std::span<const std::uint8_t> data, bool tells_size);

/// A segment of data, in either direction.
struct segment {
  bool toggle = false;
  bool is_last = false;
  std::span<const std::uint8_t> data;
  /// `from` must live as long as the result.
  [[nodiscard]] static segment read(const sdo_frame& from);
};
/// The segment at `offset` of the data.
[[nodiscard]] sdo_frame make_segment(std::span<const std::uint8_t> data, std::size_t offset,
                                     bool toggle);

/// Frames of a block transfer: their lowest bits.
namespace block {
inline constexpr std::uint8_t kind_mask = 0x03;
inline constexpr std::uint8_t begin = 0;
inline constexpr std::uint8_t end = 1;
inline constexpr std::uint8_t acknowledge = 2;
inline constexpr std::uint8_t go = 3;
inline constexpr std::uint8_t size_bit = 0x02; ///< of a frame that begins, from who has the data
inline constexpr std::uint8_t crc_bit = 0x04;
inline constexpr std::uint8_t last_bit = 0x80; ///< of a segment
inline constexpr std::uint8_t unused_shift = 2;
inline constexpr std::uint8_t unused_mask = 0x07;
} // namespace block

} // namespace voltaic::messages::canopen
