#include "messages/j1939/receiving_session.hpp"

#include <algorithm>

namespace voltaic::messages::j1939 {
namespace {

std::uint8_t turn_of(const transfer_control& opening, std::uint8_t own) {
  const bool limited = opening.packets_a_turn != 0;
  return std::max<std::uint8_t>(1, limited ? std::min(own, opening.packets_a_turn) : own);
}

} // namespace

receiving_session::receiving_session(const packet& request, const transfer_control& said,
                                     std::uint8_t packets_a_turn)
    : opening_(said),
      priority_(request.id.priority),
      source_(request.id.source),
      own_address_(request.id.destination),
      packets_a_turn_(turn_of(said, packets_a_turn)),
      parts_(said.size) {}

void receiving_session::say(const transfer_control& said, transport_output& out) const {
  auto whole = said;
  whole.pgn = opening_.pgn;
  out.packets.push_back(packet_of(whole, own_address_, source_));
}

void receiving_session::permit(unsigned first, unsigned last, std::int64_t now_us,
                               transport_output& out) {
  is_holding_ = false;
  turn_first_ = first;
  turn_last_ = last;
  due_us_ = now_us + first_packet_us;
  transfer_control said;
  said.kind = control_kind::clear_to_send;
  said.packets = static_cast<std::uint8_t>(last - first + 1);
  said.next = static_cast<std::uint8_t>(first);
  say(said, out);
}

void receiving_session::proceed(std::int64_t now_us, transport_output& out) {
  const auto first = parts_.first_missing();
  const auto last = std::min<unsigned>(parts_.packets(), first + packets_a_turn_ - 1u);
  permit(first, last, now_us, out);
}

void receiving_session::hold(std::int64_t now_us, transport_output& out) {
  is_holding_ = true;
  due_us_ = now_us + hold_repeat_us;
  transfer_control said;
  said.kind = control_kind::clear_to_send;
  said.next = static_cast<std::uint8_t>(parts_.first_missing());
  say(said, out);
}

void receiving_session::take(const packet& heard, bool holds, std::int64_t now_us,
                             transport_output& out) {
  const unsigned sequence = heard.length > 0 ? heard.bytes[0] : 0u;
  if (sequence > turn_last_ && sequence <= parts_.packets() && !parts_.has(sequence))
    return give_up(is_holding_ ? abort_reason::unexpected_data : abort_reason::bad_sequence, out);
  switch (parts_.put(heard.payload())) {
    case assembly::outcome::outside:
      return give_up(abort_reason::bad_sequence, out);
    case assembly::outcome::contradicts:
      return give_up(abort_reason::duplicate_sequence, out);
    case assembly::outcome::repeated:
      return; // doubled on the way
    case assembly::outcome::taken:
      break;
  }
  due_us_ = now_us + next_packet_us;
  if (parts_.is_complete()) return finish(out);
  if (sequence == turn_last_ || parts_.first_missing() > turn_last_) end_turn(holds, now_us, out);
}

void receiving_session::end_turn(bool holds, std::int64_t now_us, transport_output& out) {
  if (parts_.first_missing() <= turn_last_) return ask_again(now_us, out);
  if (holds) return hold(now_us, out);
  proceed(now_us, out);
}

void receiving_session::ask_again(std::int64_t now_us, transport_output& out) {
  const auto first = parts_.first_missing();
  asked_again_ = first == asked_again_for_ ? asked_again_ + 1 : 1;
  asked_again_for_ = first;
  if (asked_again_ > retransmissions_max) return give_up(abort_reason::retransmit_limit, out);
  auto last = first;
  while (last < turn_last_ && !parts_.has(last + 1)) ++last;
  permit(first, last, now_us, out);
}

void receiving_session::finish(transport_output& out) {
  is_over_ = true;
  transfer_control said;
  said.kind = control_kind::acknowledged;
  said.size = opening_.size;
  said.packets = opening_.packets;
  say(said, out);
  out.messages.push_back({opening_.pgn, priority_, source_, own_address_, parts_.take()});
}

void receiving_session::give_up(abort_reason reason, transport_output& out) {
  is_over_ = true;
  transfer_control said;
  said.kind = control_kind::abort;
  said.reason = reason;
  say(said, out);
  out.ends.push_back({opening_.pgn, source_, own_address_, reason, false});
}

void receiving_session::take_abort(abort_reason reason, transport_output& out) {
  is_over_ = true;
  out.ends.push_back({opening_.pgn, source_, own_address_, reason, true});
}

void receiving_session::step(std::int64_t now_us, transport_output& out) {
  if (is_over_ || now_us < due_us_) return;
  if (is_holding_) return hold(now_us, out);
  give_up(abort_reason::timeout, out);
}

} // namespace voltaic::messages::j1939
