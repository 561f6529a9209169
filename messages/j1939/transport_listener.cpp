#include "messages/j1939/transport_listener.hpp"

#include <algorithm>

#include "messages/j1939/groups.hpp"
#include "messages/j1939/transport_limits.hpp"

namespace voltaic::messages::j1939 {
namespace {

std::int64_t patience_us(std::uint8_t destination) {
  return destination == global_address ? next_packet_us : answer_us;
}

} // namespace

void transport_listener::take(const packet& heard, std::int64_t now_us, transport_output& out) {
  step(now_us, out);
  if (heard.id.source == global_address) return;
  if (heard.id.pgn == groups::transfer_control) take_control(heard, now_us, out);
  if (heard.id.pgn == groups::transfer_data) take_data(heard, now_us, out);
}

void transport_listener::step(std::int64_t now_us, transport_output& out) {
  for (auto each = transfers_.begin(); each != transfers_.end();) {
    if (now_us < each->due_us) {
      ++each;
      continue;
    }
    const auto index = each - transfers_.begin();
    end(each, abort_reason::timeout, false, out);
    each = transfers_.begin() + index;
  }
}

std::optional<std::int64_t> transport_listener::next_us() const {
  const auto first = std::ranges::min_element(transfers_, {}, &transfer::due_us);
  if (first == transfers_.end()) return std::nullopt;
  return first->due_us;
}

void transport_listener::take_control(const packet& heard, std::int64_t now_us,
                                      transport_output& out) {
  const auto said = read_control(heard);
  if (!said) return;
  const bool is_global = heard.id.destination == global_address;
  switch (said->kind) {
    case control_kind::broadcast:
      if (is_global) open(heard, *said, now_us, out);
      return;
    case control_kind::request_to_send:
      if (!is_global) open(heard, *said, now_us, out);
      return;
    case control_kind::clear_to_send:
    case control_kind::acknowledged:
      take_answer(heard, *said, now_us);
      return;
    case control_kind::abort:
      take_abort(heard, *said, out);
      return;
  }
}

void transport_listener::open(const packet& heard, const transfer_control& said,
                              std::int64_t now_us, transport_output& out) {
  const auto& id = heard.id;
  // A source has one broadcast at a time; to a device it may ask for a second before the first
  // is refused or given up, which shows in the answers.
  const auto before = id.destination == global_address ? find_receiving(id.source, id.destination)
                                                       : find(id.source, id.destination, said.pgn);
  if (before != transfers_.end()) end(before, abort_reason::other, false, out);
  if (!is_sound(said)) return;
  if (transfers_.size() >= bus_transfers_max) {
    out.ends.push_back({said.pgn, id.source, id.destination, abort_reason::no_resources, false});
    return;
  }
  transfers_.push_back({said, id.priority, id.source, id.destination,
                        now_us + patience_us(id.destination), 0, assembly(said.size)});
}

void transport_listener::take_answer(const packet& heard, const transfer_control& said,
                                     std::int64_t now_us) {
  const auto which = find(heard.id.destination, heard.id.source, said.pgn);
  if (which == transfers_.end()) return;
  // The receiver has all of it, though not all of it was heard here: nothing more will come.
  which->due_us = said.kind == control_kind::acknowledged ? now_us : now_us + answer_us;
  which->granted = ++grants_;
}

void transport_listener::take_abort(const packet& heard, const transfer_control& said,
                                    transport_output& out) {
  const auto& id = heard.id;
  for (const auto& [source, destination] :
       {std::pair(id.source, id.destination), std::pair(id.destination, id.source)}) {
    const auto which = find(source, destination, said.pgn);
    if (which != transfers_.end()) end(which, said.reason, true, out);
  }
}

void transport_listener::take_data(const packet& heard, std::int64_t now_us,
                                   transport_output& out) {
  const auto which = find_receiving(heard.id.source, heard.id.destination);
  if (which == transfers_.end()) return;
  const bool is_broadcast = which->destination == global_address;
  const auto expected = which->parts.first_missing();
  const auto got = which->parts.put(heard.payload());
  if (got == assembly::outcome::contradicts)
    return end(which, abort_reason::duplicate_sequence, false, out);
  const bool is_out_of_order =
      got == assembly::outcome::taken && is_broadcast && heard.bytes[0] != expected;
  if (got == assembly::outcome::outside || is_out_of_order)
    return end(which, abort_reason::bad_sequence, false, out);
  which->due_us = now_us + patience_us(which->destination);
  if (!which->parts.is_complete()) return;
  out.messages.push_back({which->opening.pgn, which->priority, which->source, which->destination,
                          which->parts.take()});
  transfers_.erase(which);
}

transport_listener::position transport_listener::find(std::uint8_t source, std::uint8_t destination,
                                                      std::uint32_t pgn) {
  return std::ranges::find_if(transfers_, [&](const transfer& one) {
    return one.source == source && one.destination == destination && one.opening.pgn == pgn;
  });
}

/// Packets name no group: they are of the transfer that was permitted last, else of the one that
/// was asked for last.
transport_listener::position transport_listener::find_receiving(std::uint8_t source,
                                                                std::uint8_t destination) {
  auto best = transfers_.end();
  for (auto each = transfers_.begin(); each != transfers_.end(); ++each) {
    if (each->source != source || each->destination != destination) continue;
    if (best == transfers_.end() || each->granted >= best->granted) best = each;
  }
  return best;
}

void transport_listener::end(position which, abort_reason reason, bool by_peer,
                             transport_output& out) {
  out.ends.push_back({which->opening.pgn, which->source, which->destination, reason, by_peer});
  transfers_.erase(which);
}

} // namespace voltaic::messages::j1939
