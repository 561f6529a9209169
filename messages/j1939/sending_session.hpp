#pragma once

#include <cstdint>
#include <optional>

#include "messages/j1939/transfer_end.hpp"
#include "messages/j1939/transport_limits.hpp"

namespace voltaic::messages::j1939 {

/// A message that we send to one device, turn by turn as it permits, or to everybody
/// (J1939-21 5.10.2). Packets leave in `step`, so that an answer may overtake them.
class sending_session {
 public:
  /// Of 9 to 1785 bytes. The gap is that between two packets; of broadcasts it is brought to
  /// 50 to 200 ms, else to `response_us` at most, and 0 sends a turn in one step. A turn has at
  /// most so many packets, whatever the receiver permits.
  sending_session(j1939::message what, std::int64_t gap_us, std::uint8_t packets_a_turn);

  /// Asks to send, or announces the broadcast.
  void begin(std::int64_t now_us, transport_output& out);
  /// A TP.CM frame of the receiver about this group.
  void take(const transfer_control& said, std::int64_t now_us, transport_output& out);
  /// What is due by now.
  void step(std::int64_t now_us, transport_output& out);

  [[nodiscard]] bool is_over() const { return is_over_; }
  [[nodiscard]] std::int64_t due_us() const { return due_us_; }
  [[nodiscard]] const j1939::message& what() const { return what_; }
  [[nodiscard]] bool is_broadcast() const { return what_.destination == global_address; }

 private:
  void say(const transfer_control& said, transport_output& out) const;
  void take_permission(const transfer_control& said, std::int64_t now_us, transport_output& out);
  void wait_longer(std::int64_t now_us, transport_output& out);
  void send_packet(transport_output& out);
  void end(std::optional<abort_reason> reason, bool by_peer, transport_output& out);
  void give_up(abort_reason reason, transport_output& out);

  j1939::message what_;
  std::int64_t gap_us_;
  std::uint8_t packets_a_turn_;
  unsigned packets_;
  unsigned next_ = 1;      ///< packet to be sent
  unsigned turn_last_ = 0; ///< next_ beyond it: an answer is awaited
  unsigned sent_ = 0;      ///< highest packet ever sent
  unsigned sent_again_from_ = 0;
  int sent_again_ = 0;
  std::optional<std::int64_t> held_since_us_;
  bool is_over_ = false;
  std::int64_t due_us_ = 0;
};

} // namespace voltaic::messages::j1939
