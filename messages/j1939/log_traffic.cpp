#include "messages/j1939/log_traffic.hpp"

#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"

namespace voltaic::messages::j1939 {

void log_traffic::take(const can::log_entry& entry, std::vector<heard>& out) {
  const auto one = packet_of(entry.frame);
  if (!one) return;
  const auto& id = one->id;
  if (id.pgn == groups::transfer_control || id.pgn == groups::transfer_data)
    return take_transport(entry, *one, out);
  if (id.pgn == groups::address_claimed && one->length == name_bytes) {
    out.emplace_back(heard_claim{id.source, id.destination, name_of_bytes(one->bytes)});
  } else {
    out.emplace_back(message_of(*one));
  }
}

void log_traffic::take_transport(const can::log_entry& entry, const packet& one,
                                 std::vector<heard>& out) {
  const auto said = read_control(one);
  if (said && said->kind == control_kind::abort)
    out.emplace_back(heard_abort{said->pgn, one.id.source, one.id.destination, said->reason});
  auto bus = buses_.find(entry.channel);
  if (bus == buses_.end()) {
    if (buses_.size() >= log_buses_max) return;
    bus = buses_.try_emplace(entry.channel).first;
  }
  transport_output made;
  bus->second.take(one, entry.frame.time_us, made);
  for (auto& whole : made.messages) out.emplace_back(std::move(whole));
  for (const auto& end : made.ends)
    if (!end.by_peer && end.reason) ++lost_[*end.reason];
}

std::size_t log_traffic::open() const {
  std::size_t count = 0;
  for (const auto& [name, bus] : buses_) count += bus.open();
  return count;
}

} // namespace voltaic::messages::j1939
