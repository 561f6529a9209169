#include "messages/j1939/transport.hpp"

#include <algorithm>
#include <utility>

#include "messages/j1939/groups.hpp"

namespace voltaic::messages::j1939 {

transport::transport(const transport_settings& given) : given_(given) {}

expected<bool> transport::send(message what, std::int64_t now_us, transport_output& out) {
  what.source = given_.own_address;
  if (!is_addressed(what.pgn) && what.payload.size() <= packet_bytes_max)
    what.destination = global_address; // the frame has no place for another
  if (what.payload.size() <= packet_bytes_max) {
    out.packets.push_back(packet_of(what));
    return true;
  }
  if (what.payload.size() > transfer_bytes_max)
    return failure{"a message of J1939 has at most 1785 bytes"};
  const bool is_busy = std::ranges::any_of(sending_, [&](const sending_session& one) {
    return one.what().destination == what.destination;
  });
  if (is_busy) return failure{"the message before is still being sent there"};
  if (sending_.size() >= device_transfers_max) return failure{"too many messages are being sent"};
  const bool is_broadcast = what.destination == global_address;
  sending_.emplace_back(std::move(what),
                        is_broadcast ? given_.broadcast_gap_us : given_.packet_gap_us,
                        given_.packets_a_turn_asked);
  sending_.back().begin(now_us, out);
  return true;
}

void transport::take(const packet& heard, std::int64_t now_us, transport_output& out) {
  for (auto& one : receiving_) one.step(now_us, out);
  forget_what_is_over();
  const auto& id = heard.id;
  const bool is_transport = id.pgn == groups::transfer_control || id.pgn == groups::transfer_data;
  if (id.destination == global_address) {
    if (is_transport) return broadcasts_.take(heard, now_us, out);
    out.messages.push_back(message_of(heard));
  } else if (id.destination == given_.own_address) {
    if (!is_transport) return out.messages.push_back(message_of(heard));
    if (id.source > null_address) return; // nobody can be answered there
    if (id.pgn == groups::transfer_control) {
      take_control(heard, now_us, out);
    } else {
      take_data(heard, now_us, out);
    }
    forget_what_is_over();
  }
}

void transport::take_control(const packet& heard, std::int64_t now_us, transport_output& out) {
  const auto said = read_control(heard);
  if (!said) return;
  switch (said->kind) {
    case control_kind::request_to_send:
      return take_request(heard, *said, now_us, out);
    case control_kind::abort:
      return take_abort(heard, *said, now_us, out);
    case control_kind::clear_to_send:
    case control_kind::acknowledged:
      return take_answer(heard, *said, now_us, out);
    case control_kind::broadcast:
      return; // to one device: is none
  }
}

void transport::take_request(const packet& heard, const transfer_control& said, std::int64_t now_us,
                             transport_output& out) {
  if (auto* before = receiving_from(heard.id.source)) {
    // The newest request for a group counts; another group has to wait (J1939-21 5.10.3.4).
    if (before->pgn() != said.pgn) return refuse(heard, said, abort_reason::busy, out);
    before->take_abort(abort_reason::other, out);
    forget_what_is_over();
  }
  if (said.size > transfer_bytes_max) return refuse(heard, said, abort_reason::too_long, out);
  if (!is_sound(said)) return refuse(heard, said, abort_reason::other, out);
  if (receiving_.size() >= device_transfers_max)
    return refuse(heard, said, abort_reason::no_resources, out);
  auto& made = receiving_.emplace_back(heard, said, given_.packets_a_turn);
  if (holds_) {
    made.hold(now_us, out);
  } else {
    made.proceed(now_us, out);
  }
}

void transport::refuse(const packet& heard, const transfer_control& said, abort_reason reason,
                       transport_output& out) const {
  transfer_control answer;
  answer.kind = control_kind::abort;
  answer.pgn = said.pgn;
  answer.reason = reason;
  out.packets.push_back(packet_of(answer, given_.own_address, heard.id.source));
  out.ends.push_back({said.pgn, heard.id.source, given_.own_address, reason, false});
}

void transport::take_abort(const packet& heard, const transfer_control& said, std::int64_t now_us,
                           transport_output& out) {
  auto* receiving = receiving_from(heard.id.source);
  if (receiving != nullptr && receiving->pgn() == said.pgn) receiving->take_abort(said.reason, out);
  take_answer(heard, said, now_us, out);
}

void transport::take_answer(const packet& heard, const transfer_control& said, std::int64_t now_us,
                            transport_output& out) {
  for (auto& one : sending_)
    if (one.what().destination == heard.id.source && one.what().pgn == said.pgn)
      one.take(said, now_us, out);
}

void transport::take_data(const packet& heard, std::int64_t now_us, transport_output& out) {
  // Packets of a transfer that is over, or never was, say nothing to anybody.
  if (auto* one = receiving_from(heard.id.source)) one->take(heard, holds_, now_us, out);
}

void transport::set_holding(bool holds, std::int64_t now_us, transport_output& out) {
  holds_ = holds;
  if (holds) return;
  for (auto& one : receiving_)
    if (one.is_holding()) one.proceed(now_us, out);
}

void transport::step(std::int64_t now_us, transport_output& out) {
  broadcasts_.step(now_us, out);
  for (auto& one : receiving_) one.step(now_us, out);
  for (auto& one : sending_) one.step(now_us, out);
  forget_what_is_over();
}

std::optional<std::int64_t> transport::next_us() const {
  auto next = broadcasts_.next_us();
  const auto add = [&](std::int64_t due_us) { next = next ? std::min(*next, due_us) : due_us; };
  for (const auto& one : receiving_) add(one.due_us());
  for (const auto& one : sending_) add(one.due_us());
  return next;
}

std::size_t transport::open() const {
  return broadcasts_.open() + receiving_.size() + sending_.size();
}

receiving_session* transport::receiving_from(std::uint8_t source) {
  const auto found = std::ranges::find(receiving_, source, &receiving_session::source);
  return found == receiving_.end() ? nullptr : &*found;
}

void transport::forget_what_is_over() {
  std::erase_if(receiving_, [](const auto& one) { return one.is_over(); });
  std::erase_if(sending_, [](const auto& one) { return one.is_over(); });
}

} // namespace voltaic::messages::j1939
