#pragma once

#include <cstdint>

#include "messages/j1939/assembly.hpp"
#include "messages/j1939/transfer_end.hpp"

namespace voltaic::messages::j1939 {

/// A message that one device sends to us, with our answers (J1939-21 5.10.2.1 and 5.10.3). Packets
/// that are missing at the end of a turn are asked for again; the same ones at most
/// `retransmissions_max` times.
class receiving_session {
 public:
  /// By a request to send that `is_sound`. At most so many packets a turn, from 1.
  receiving_session(const packet& request, const transfer_control& said,
                    std::uint8_t packets_a_turn);

  /// Permits the first turn; or the next one after a hold.
  void proceed(std::int64_t now_us, transport_output& out);
  /// Tells the sender to wait, now and each `hold_repeat_us`.
  void hold(std::int64_t now_us, transport_output& out);
  /// A TP.DT frame of the sender. `holds`: no further turn is permitted now.
  void take(const packet& heard, bool holds, std::int64_t now_us, transport_output& out);
  /// What is due by now.
  void step(std::int64_t now_us, transport_output& out);
  /// The sender gave up.
  void take_abort(abort_reason reason, transport_output& out);

  [[nodiscard]] bool is_over() const { return is_over_; }
  [[nodiscard]] bool is_holding() const { return is_holding_; }
  [[nodiscard]] std::int64_t due_us() const { return due_us_; }
  [[nodiscard]] std::uint8_t source() const { return source_; }
  [[nodiscard]] std::uint32_t pgn() const { return opening_.pgn; }

 private:
  void say(const transfer_control& said, transport_output& out) const;
  void permit(unsigned first, unsigned last, std::int64_t now_us, transport_output& out);
  void end_turn(bool holds, std::int64_t now_us, transport_output& out);
  void ask_again(std::int64_t now_us, transport_output& out);
  void finish(transport_output& out);
  void give_up(abort_reason reason, transport_output& out);

  transfer_control opening_;
  std::uint8_t priority_;
  std::uint8_t source_;
  std::uint8_t own_address_;
  std::uint8_t packets_a_turn_;
  assembly parts_;
  unsigned turn_first_ = 1; ///< packets of the turn, both ends belong to it
  unsigned turn_last_ = 0;
  unsigned asked_again_for_ = 0;
  int asked_again_ = 0;
  bool is_holding_ = false;
  bool is_over_ = false;
  std::int64_t due_us_ = 0;
};

} // namespace voltaic::messages::j1939
