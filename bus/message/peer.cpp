#include "bus/message/peer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "messages/command_priority.hpp"

namespace voltaic::bus::message {
namespace {

/// Takes the number behind the last colon off the text.
std::optional<std::uint32_t> take_last(std::string_view& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto digits = text.substr(colon + 1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  text.remove_suffix(text.size() - colon);
  return number;
}

} // namespace

std::optional<peer> peer_in(std::string_view address) {
  const auto process = take_last(address);
  const auto group = process ? take_last(address) : std::nullopt;
  const auto user = group ? take_last(address) : std::nullopt;
  if (!user) return std::nullopt;
  return peer{*user, *group};
}

frame_ptr as_said_by(const peer_identity& who, const frame_ptr& frame) {
  auto said = messages::decode(*frame);
  if (!said) return nullptr;
  if (const auto* asked = std::get_if<messages::snapshot>(&said->payload))
    return asked->kind == messages::snapshot_kind::request ? frame : nullptr;
  auto* command = std::get_if<messages::command>(&said->payload);
  if (command == nullptr) return nullptr;
  command->user = who.user;
  command->role = who.role;
  command->priority = std::max(command->priority, messages::command_priority::person);
  return messages::encode(said->header, said->payload);
}

} // namespace voltaic::bus::message
