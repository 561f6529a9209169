#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "messages/j1939/packet.hpp"

namespace voltaic::messages::j1939 {

/// Why a connection is given up (J1939-21 5.10.3.4). Others than these have their number alone.
enum class abort_reason : std::uint8_t {
  busy = 1,                ///< already in a session with this device
  no_resources = 2,        ///
  timeout = 3,             ///
  cts_during_transfer = 4, ///< clear to send while packets are being sent
  retransmit_limit = 5,    ///
  unexpected_data = 6,     ///
  bad_sequence = 7,        ///< and it cannot be recovered
  duplicate_sequence = 8,  ///< and it cannot be recovered
  too_long = 9,            ///< more than 1785 bytes
  other = 250
};
/// In words.
[[nodiscard]] std::string_view to_string(abort_reason reason);

/// What a TP.CM frame is (J1939-21 5.10.3).
enum class control_kind : std::uint8_t {
  request_to_send = 16,
  clear_to_send = 17,
  acknowledged = 19, ///< end of message
  broadcast = 32,    ///< announcement of a BAM
  abort = 255
};

/// A TP.CM frame. What its kind does not have is 0.
struct transfer_control {
  control_kind kind = control_kind::abort;
  std::uint32_t pgn = 0;           ///< of what is transported
  std::uint16_t size = 0;          ///< bytes: request, announcement, acknowledgement
  std::uint8_t packets = 0;        ///< all of them; clear to send: those permitted, 0 holds
  std::uint8_t packets_a_turn = 0; ///< request: most that a clear to send may permit
  std::uint8_t next = 0;           ///< clear to send: sequence number, from 1
  abort_reason reason = abort_reason::other;
  friend bool operator==(const transfer_control&, const transfer_control&) = default;
};

/// Nothing of what is no TP.CM frame of 8 bytes with a kind of these.
[[nodiscard]] std::optional<transfer_control> read_control(const packet& heard);
[[nodiscard]] packet packet_of(const transfer_control& said, std::uint8_t source,
                               std::uint8_t destination);

/// Packets that so many bytes need.
[[nodiscard]] std::uint8_t packets_for(std::size_t size);
/// Whether a request or an announcement is possible: 9 to 1785 bytes in as many packets as
/// these need.
[[nodiscard]] bool is_sound(const transfer_control& opening);

} // namespace voltaic::messages::j1939
