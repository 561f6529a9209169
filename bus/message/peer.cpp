#include "bus/message/peer.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "messages/command_priority.hpp"
#include "messages/confirm_close.hpp"

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

bool is_of_network(std::string_view address) {
  // Of IPv6 a zone may follow.
  const std::string text(address.substr(0, address.find('%')));
  in6_addr into{};
  return ::inet_pton(AF_INET, text.c_str(), &into) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &into) == 1;
}

foreign_frame as_said_by(const peer_identity& who, const std::string& identity,
                         const frame_ptr& frame) {
  auto said = messages::decode(*frame);
  if (!said) return {};
  if (const auto* asked = std::get_if<messages::snapshot>(&said->payload))
    return {asked->kind == messages::snapshot_kind::request ? frame : nullptr};
  auto* command = std::get_if<messages::command>(&said->payload);
  if (command == nullptr) return {};
  command->user = who.user;
  command->role = who.role;
  command->priority = std::max(command->priority, messages::command_priority::person);
  command->reply_to = identity;
  const auto again = messages::encode_again(said->header, said->payload);
  if (!again) return {};
  auto made = *again;
  if (command->target != messages::dispatcher_actor)
    return {std::move(made), fmt::format("{} takes commands of the site's own processes alone: "
                                         "users send theirs to {}",
                                         command->target, messages::dispatcher_actor)};
  if (command->operation == messages::confirm_close)
    return {std::move(made), "only a rack's contactors ask for that"};
  return {std::move(made)};
}

} // namespace voltaic::bus::message
