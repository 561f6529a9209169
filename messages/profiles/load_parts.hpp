#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/profiles/bit_usage.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/profile_reader.hpp"
#include "messages/profiles/remap.hpp"

/// The parts of the profile loader; only load*.cpp include this.
namespace voltaic::messages::profiles {

/// A profile that allows more for opening the contactors means no limit.
inline constexpr std::uint32_t reaction_limit_ms_max = 3'600'000;

/// What the loader remembers of a point until everything has been read.
struct point_place {
  std::size_t offset = 0;
  std::size_t sentinels_offset = 0;
  bool sound = false;        ///< type and count are known: others may rely on them
  std::vector<bool> carried; ///< element by element: some message or register has it
  std::vector<bool> sentinel_possible;
};

/// What the parts of the loader share.
struct load_context {
  finding_collector& found;
  device_profile& profile;
  std::vector<point_place> places;
  std::unordered_map<std::string, std::uint16_t> point_positions;
  std::unordered_map<std::uint64_t, std::string> message_ids; ///< identifier to message name

  /// The named point, or nullopt and a finding at the key.
  [[nodiscard]] std::optional<std::uint16_t> point_of(const object_reader& reader,
                                                      std::string_view key) const;
  /// Notes that elements are carried; false if one was carried before or does not exist.
  bool carry(std::uint16_t point, std::uint64_t first, std::uint64_t count);
  /// Notes which sentinels a wire value from `minimum` to `maximum` can be.
  void note_wire_range(std::uint16_t point, std::int64_t minimum, std::int64_t maximum);
};

/// Key of `message_ids`.
[[nodiscard]] constexpr std::uint64_t id_key(std::uint32_t id, bool extended) {
  return (std::uint64_t{extended} << 32) | id;
}
/// The largest identifier.
[[nodiscard]] constexpr std::uint32_t id_max(bool extended) {
  return extended ? 0x1FFF'FFFFu : 0x7FFu;
}

/// "0x088" (11 bits) or "0x18FF50E5" (29 bits) under a key.
[[nodiscard]] std::optional<frame_id> read_id(const object_reader& reader,
                                              std::string_view key = "id");
/// start, length, order and type; notes what does not fit into the frame, or into eight bytes of a
/// longer message.
[[nodiscard]] std::optional<bit_field> read_bits(const object_reader& reader,
                                                 std::uint16_t frame_bytes,
                                                 signal_type default_type);
/// "format" of what has so many bytes; notes where frames of that format cannot have them.
[[nodiscard]] frame_format read_format(const object_reader& reader, std::uint16_t bytes);
/// "checksum" of a message or command; nullopt when there is none or it is wrong.
[[nodiscard]] std::optional<checksum_rule> read_checksum(const object_reader& parent,
                                                         std::uint16_t frame_bytes);
/// "read" of a message; nullopt when there is none or it is wrong.
[[nodiscard]] std::optional<read_rule> read_reading(const object_reader& parent);
/// What an answer cannot have: it is not sent by itself, and no frame.
void check_reading(const object_reader& reader);
void read_requests(const object_reader& root, device_profile& profile);
/// After the messages, to which it adds.
void read_canopen(const object_reader& root, load_context& context);
/// After the commands: services of the node have their identifiers for themselves.
void check_canopen(const object_reader& root, const device_profile& profile);
/// Before the messages, whose groups need it.
void read_j1939(const object_reader& root, device_profile& profile);
/// Either "id" or "pgn", as the profile speaks J1939 or not; whether it is "pgn".
[[nodiscard]] bool check_group(const object_reader& reader, const device_profile& profile);
/// "pgn": a group's number, of the protocol itself only where that may be.
[[nodiscard]] std::optional<std::uint32_t> read_group(const object_reader& reader, bool may_be_own);
/// What of a message, a request and a command follows from its group; their length is known.
void read_message_group(const object_reader& reader, load_context& context, message& result);
void read_request_group(const object_reader& reader, const device_profile& profile,
                        cyclic_request& result);
void read_command_group(const object_reader& reader, const load_context& context, command& result);
/// "on" and "off" of a signal whose bits are known; nullptr: the point is not.
void read_choice(const object_reader& reader, const point* target, signal& result);
/// A signal whose place follows from what it is: point, index, type, scale and offset.
void read_mapped(const object_reader& reader, load_context& context, message& owner,
                 std::uint16_t start, std::uint8_t length);
/// Notes identifiers that another message has or that have too many bits.
void check_message_ids(const object_reader& reader, load_context& context, const message& result);
/// "0x0101" under a key; nothing, and a finding, where it is no number of at most so many bits.
[[nodiscard]] std::optional<std::uint16_t> read_hex(const object_reader& reader,
                                                    std::string_view key, unsigned bits);
/// Notes which bytes a checksum stands in.
void take_bytes(const checksum_rule& rule, bit_usage& usage);
/// "counter", "early_ms", "late_ms" and "frozen_ms" of a message whose period has been read.
void read_end_to_end(const object_reader& reader, message& result, bit_usage& usage);
/// A scale that is not zero, or the default.
[[nodiscard]] double read_scale(const object_reader& reader, double default_scale);
/// Digits behind the point that a step of this size needs.
[[nodiscard]] std::uint8_t decimals_of(double step);

/// Each reads the part of its name into the profile and notes what is wrong.
void read_points(const object_reader& root, load_context& context);
/// After the points, which it names.
void read_identity(const object_reader& root, load_context& context);
void read_messages(const object_reader& root, load_context& context);
void read_registers(const object_reader& root, load_context& context);
void read_guard(const object_reader& root, device_profile& profile);
/// "framing" of plain RS-485.
void read_framing(const object_reader& root, device_profile& profile);
/// After the points, which their answers carry.
void read_questions(const object_reader& root, load_context& context);
/// "code", "data" and, unless it is an order, "value" of a command of plain RS-485.
[[nodiscard]] std::optional<serial_setting> read_setting(const object_reader& reader,
                                                         bool is_order);
/// After the points: a curve over a point that is not there would never count.
void read_derating(const object_reader& root, device_profile& profile);
void read_commands(const object_reader& root, load_context& context);
/// Address, type, words, word order, scale; the table is the caller's.
[[nodiscard]] std::optional<register_field> read_register_field(const object_reader& reader,
                                                                double default_scale,
                                                                double default_offset);

} // namespace voltaic::messages::profiles
