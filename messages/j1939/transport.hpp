#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "messages/expected.hpp"
#include "messages/j1939/receiving_session.hpp"
#include "messages/j1939/sending_session.hpp"
#include "messages/j1939/transport_listener.hpp"

namespace voltaic::messages::j1939 {

/// How a device transports.
struct transport_settings {
  std::uint8_t own_address = null_address;
  std::uint8_t packets_a_turn = packets_unlimited;       ///< permitted to senders, from 1
  std::uint8_t packets_a_turn_asked = packets_unlimited; ///< of receivers: most a turn, from 1
  std::int64_t broadcast_gap_us = broadcast_gap_min_us;
  std::int64_t packet_gap_us = 0; ///< to one device; 0: a turn leaves at once
};

/// The transport protocol of one device (J1939-21 5.10): sends and receives messages of up to
/// 1785 bytes. With each device one message each way at a time, and one broadcast; in all
/// `device_transfers_max` each way. Times never decrease.
class transport {
 public:
  explicit transport(const transport_settings& given);

  /// Sends from our address. What fits in a frame leaves at once. Fails for more than 1785
  /// bytes, and while the one before to the same destination is under way or too many are.
  [[nodiscard]] expected<bool> send(message what, std::int64_t now_us, transport_output& out);
  /// Any frame of the bus that is not ours; those that need no transport become messages, if
  /// they are for us or everybody.
  void take(const packet& heard, std::int64_t now_us, transport_output& out);
  /// What is due by now.
  void step(std::int64_t now_us, transport_output& out);
  /// Whether senders have to wait before the next turn, as long as nobody reads.
  void set_holding(bool holds, std::int64_t now_us, transport_output& out);

  [[nodiscard]] std::optional<std::int64_t> next_us() const;
  /// Transfers that are not over, of both ways.
  [[nodiscard]] std::size_t open() const;

 private:
  void take_control(const packet& heard, std::int64_t now_us, transport_output& out);
  void take_request(const packet& heard, const transfer_control& said, std::int64_t now_us,
                    transport_output& out);
  void take_abort(const packet& heard, const transfer_control& said, std::int64_t now_us,
                  transport_output& out);
  void take_answer(const packet& heard, const transfer_control& said, std::int64_t now_us,
                   transport_output& out);
  void take_data(const packet& heard, std::int64_t now_us, transport_output& out);
  void refuse(const packet& heard, const transfer_control& said, abort_reason reason,
              transport_output& out) const;
  [[nodiscard]] receiving_session* receiving_from(std::uint8_t source);
  void forget_what_is_over();

  transport_settings given_;
  bool holds_ = false;
  transport_listener broadcasts_;
  std::vector<receiving_session> receiving_;
  std::vector<sending_session> sending_;
};

} // namespace voltaic::messages::j1939
