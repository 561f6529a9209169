#include "actors/protection/event_book.hpp"

#include <algorithm>

#include "actors/runtime/command_gate.hpp"

namespace voltaic::actors::protection {

std::uint64_t event_book::remember(messages::event event, runtime::instant now) {
  const auto sequence = owner_.record(event, now);
  recent_.emplace_back(sequence, std::move(event));
  if (recent_.size() > recent_events_max) recent_.pop_front();
  return sequence;
}

bool event_book::acknowledge(const messages::command& command, runtime::instant now) {
  // An event's id ends in its sequence: "rack_0-BOOT-17".
  const auto dash = command.point.rfind('-');
  const auto wanted = dash == std::string::npos ? command.point : command.point.substr(dash + 1);
  const auto found = std::ranges::find_if(
      recent_, [&](const auto& one) { return std::to_string(one.first) == wanted; });
  if (found == recent_.end()) return false;
  auto event = found->second;
  event.edge = "acknowledge";
  event.reason = command.reason;
  runtime::attribute(event, command);
  if (event.first_out == messages::first_out_self) event.first_out = found->first;
  owner_.record(std::move(event), now);
  return true;
}

} // namespace voltaic::actors::protection
