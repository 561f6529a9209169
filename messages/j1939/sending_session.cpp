#include "messages/j1939/sending_session.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "messages/j1939/groups.hpp"

namespace voltaic::messages::j1939 {
namespace {

constexpr std::uint8_t data_priority = 7; // J1939-21 5.10.4
constexpr std::uint8_t padding = 0xFF;

std::int64_t sound_gap(const message& what, std::int64_t gap_us) {
  return what.destination == global_address
             ? std::clamp(gap_us, broadcast_gap_min_us, broadcast_gap_max_us)
             : std::clamp<std::int64_t>(gap_us, 0, response_us);
}

} // namespace

sending_session::sending_session(j1939::message what, std::int64_t gap_us,
                                 std::uint8_t packets_a_turn)
    : what_(std::move(what)),
      gap_us_(sound_gap(what_, gap_us)),
      packets_a_turn_(std::max<std::uint8_t>(1, packets_a_turn)),
      packets_(packets_for(what_.payload.size())) {
  assert(what_.payload.size() >= transfer_bytes_min);
  assert(what_.payload.size() <= transfer_bytes_max);
}

void sending_session::say(const transfer_control& said, transport_output& out) const {
  auto whole = said;
  whole.pgn = what_.pgn;
  out.packets.push_back(packet_of(whole, what_.source, what_.destination));
}

void sending_session::begin(std::int64_t now_us, transport_output& out) {
  transfer_control said;
  said.kind = is_broadcast() ? control_kind::broadcast : control_kind::request_to_send;
  said.size = static_cast<std::uint16_t>(what_.payload.size());
  said.packets = static_cast<std::uint8_t>(packets_);
  said.packets_a_turn = packets_a_turn_;
  say(said, out);
  if (is_broadcast()) turn_last_ = packets_;
  due_us_ = now_us + (is_broadcast() ? gap_us_ : answer_us);
}

void sending_session::take(const transfer_control& said, std::int64_t now_us,
                           transport_output& out) {
  if (is_over_ || is_broadcast()) return;
  if (said.kind == control_kind::abort) return end(said.reason, true, out);
  const bool is_waiting = next_ > turn_last_;
  if (is_waiting && now_us >= due_us_) return give_up(abort_reason::timeout, out);
  if (said.kind == control_kind::acknowledged) {
    if (sent_ == packets_) return end(std::nullopt, false, out);
    return give_up(abort_reason::other, out);
  }
  if (said.kind != control_kind::clear_to_send) return;
  if (!is_waiting) return give_up(abort_reason::cts_during_transfer, out);
  if (said.packets == 0) return wait_longer(now_us, out);
  take_permission(said, now_us, out);
}

void sending_session::wait_longer(std::int64_t now_us, transport_output& out) {
  if (!held_since_us_) held_since_us_ = now_us;
  if (now_us - *held_since_us_ >= hold_us_max) return give_up(abort_reason::timeout, out);
  due_us_ = now_us + answer_after_hold_us;
}

void sending_session::take_permission(const transfer_control& said, std::int64_t now_us,
                                      transport_output& out) {
  held_since_us_.reset();
  const unsigned from = said.next;
  if (from == 0 || from > packets_ || from > sent_ + 1)
    return give_up(abort_reason::bad_sequence, out);
  if (from <= sent_) {
    sent_again_ = from <= sent_again_from_ ? sent_again_ + 1 : 1;
    sent_again_from_ = std::max(sent_again_from_, from);
    if (sent_again_ > retransmissions_max) return give_up(abort_reason::retransmit_limit, out);
  }
  next_ = from;
  turn_last_ = std::min(packets_, from + std::min(said.packets, packets_a_turn_) - 1u);
  due_us_ = now_us;
}

void sending_session::send_packet(transport_output& out) {
  packet made;
  made.id = {data_priority, groups::transfer_data, what_.destination, what_.source};
  made.bytes.fill(padding);
  made.bytes[0] = static_cast<std::uint8_t>(next_);
  const auto at = (next_ - 1) * transfer_packet_bytes;
  const auto count = std::min(transfer_packet_bytes, what_.payload.size() - at);
  std::copy_n(what_.payload.begin() + static_cast<std::ptrdiff_t>(at), count,
              made.bytes.begin() + 1);
  out.packets.push_back(made);
  sent_ = std::max(sent_, next_);
  ++next_;
}

void sending_session::step(std::int64_t now_us, transport_output& out) {
  if (is_over_ || now_us < due_us_) return;
  if (next_ > turn_last_) return give_up(abort_reason::timeout, out);
  do {
    send_packet(out);
  } while (gap_us_ == 0 && next_ <= turn_last_);
  if (next_ <= turn_last_) {
    due_us_ = now_us + gap_us_;
  } else if (is_broadcast()) {
    end(std::nullopt, false, out);
  } else {
    due_us_ = now_us + answer_us;
  }
}

void sending_session::end(std::optional<abort_reason> reason, bool by_peer, transport_output& out) {
  is_over_ = true;
  out.ends.push_back({what_.pgn, what_.source, what_.destination, reason, by_peer});
}

void sending_session::give_up(abort_reason reason, transport_output& out) {
  transfer_control said;
  said.kind = control_kind::abort;
  said.reason = reason;
  say(said, out);
  end(reason, false, out);
}

} // namespace voltaic::messages::j1939
