#include "messages/j1939/transfer_control.hpp"

#include <algorithm>

#include "messages/j1939/group_field.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/transport_limits.hpp"

namespace voltaic::messages::j1939 {
namespace {

constexpr std::uint8_t transport_priority = 7; // J1939-21 5.10.3
constexpr std::uint8_t unused = 0xFF;
constexpr std::size_t group_at = 5;
constexpr std::size_t size_bytes = 2;

} // namespace

std::string_view to_string(abort_reason reason) {
  switch (reason) {
    case abort_reason::busy:
      return "already in a session with this device";
    case abort_reason::no_resources:
      return "no resources for another session";
    case abort_reason::timeout:
      return "timeout";
    case abort_reason::cts_during_transfer:
      return "clear to send during a transfer";
    case abort_reason::retransmit_limit:
      return "retransmission limit reached";
    case abort_reason::unexpected_data:
      return "unexpected data packet";
    case abort_reason::bad_sequence:
      return "bad sequence number";
    case abort_reason::duplicate_sequence:
      return "duplicate sequence number";
    case abort_reason::too_long:
      return "message of more than 1785 bytes";
    case abort_reason::other:
      return "another reason";
  }
  return "unknown reason";
}

std::optional<transfer_control> read_control(const packet& heard) {
  if (heard.id.pgn != groups::transfer_control || heard.length != packet_bytes_max)
    return std::nullopt;
  const auto& bytes = heard.bytes;
  transfer_control read;
  read.kind = static_cast<control_kind>(bytes[0]);
  read.pgn = take_group(bytes, group_at);
  switch (read.kind) {
    case control_kind::request_to_send:
      read.packets_a_turn = bytes[4];
      [[fallthrough]];
    case control_kind::acknowledged:
    case control_kind::broadcast:
      read.size = static_cast<std::uint16_t>(get_number(std::span(bytes).subspan(1, size_bytes)));
      read.packets = bytes[3];
      return read;
    case control_kind::clear_to_send:
      read.packets = bytes[1];
      read.next = bytes[2];
      return read;
    case control_kind::abort:
      read.reason = static_cast<abort_reason>(bytes[1]);
      return read;
  }
  return std::nullopt;
}

packet packet_of(const transfer_control& said, std::uint8_t source, std::uint8_t destination) {
  packet made;
  made.id = {transport_priority, groups::transfer_control, destination, source};
  auto& bytes = made.bytes;
  bytes.fill(unused);
  bytes[0] = static_cast<std::uint8_t>(said.kind);
  put_group(bytes, group_at, said.pgn);
  if (said.kind == control_kind::clear_to_send) {
    bytes[1] = said.packets;
    bytes[2] = said.next;
  } else if (said.kind == control_kind::abort) {
    bytes[1] = static_cast<std::uint8_t>(said.reason);
  } else {
    put_number(std::span(bytes).subspan(1, size_bytes), said.size);
    bytes[3] = said.packets;
    if (said.kind == control_kind::request_to_send) bytes[4] = said.packets_a_turn;
  }
  return made;
}

std::uint8_t packets_for(std::size_t size) {
  const auto count = (size + transfer_packet_bytes - 1) / transfer_packet_bytes;
  return static_cast<std::uint8_t>(std::min<std::size_t>(count, transfer_packets_max));
}

bool is_sound(const transfer_control& opening) {
  return opening.size >= transfer_bytes_min && opening.size <= transfer_bytes_max &&
         opening.packets == packets_for(opening.size);
}

} // namespace voltaic::messages::j1939
