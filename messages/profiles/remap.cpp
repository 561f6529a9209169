#include "messages/profiles/remap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "messages/profiles/load_parts.hpp"

namespace voltaic::messages::profiles {
namespace {

/// Gives something another identifier, if a change names its own.
void move(std::uint32_t& id, bool& extended, std::span<const id_change> changes,
          std::set<frame_id>& used) {
  const frame_id known{id, extended};
  const auto change = std::ranges::find(changes, known, &id_change::from);
  if (change == changes.end()) return;
  used.insert(known);
  id = change->to.id;
  extended = change->to.extended;
}

class occupied {
 public:
  void take(const std::string& name, std::uint64_t id, bool extended) {
    if (id > id_max(extended)) {
      mistakes.push_back(fmt::format("{} would use identifier 0x{:X}, beyond its bits", name, id));
      return;
    }
    const frame_id place{static_cast<std::uint32_t>(id), extended};
    const auto [first, is_new] = users_.try_emplace(place, name);
    if (!is_new && first->second != name)
      mistakes.push_back(
          fmt::format("{} and {} both use identifier {}", first->second, name, to_text(place)));
  }
  std::vector<std::string> mistakes;

 private:
  std::map<frame_id, std::string> users_;
};

} // namespace

std::optional<frame_id> parse_frame_id(std::string_view text) {
  constexpr std::size_t standard_digits = 3;
  constexpr std::size_t extended_digits = 8;
  const auto digits = text.substr(std::min<std::size_t>(2, text.size()));
  frame_id result;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), result.id, 16);
  const bool is_number =
      text.starts_with("0x") && error == std::errc{} && end == digits.data() + digits.size();
  result.extended = digits.size() == extended_digits;
  if (!is_number || (digits.size() != standard_digits && !result.extended) ||
      result.id > id_max(result.extended))
    return std::nullopt;
  return result;
}

std::string to_text(frame_id id) {
  return id.extended ? fmt::format("0x{:08X}", id.id) : fmt::format("0x{:03X}", id.id);
}

std::vector<std::string> remap(device_profile& profile, std::span<const id_change> changes) {
  if (profile.canopen && !changes.empty())
    return {fmt::format("{} is a node of CANopen, whose identifiers follow from its number",
                        profile.name)};
  if (profile.j1939 && !changes.empty())
    return {fmt::format("{} speaks J1939, whose identifiers follow from groups and addresses",
                        profile.name)};
  std::set<frame_id> used;
  for (auto& message : profile.messages) {
    move(message.id, message.extended, changes, used);
    if (message.read) move(message.read->request_id, message.read->request_extended, changes, used);
  }
  for (auto& request : profile.requests) move(request.id, request.extended, changes, used);
  for (auto& command : profile.commands) move(command.id, command.extended, changes, used);
  occupied taken;
  for (const auto& change : changes)
    if (!used.contains(change.from))
      taken.mistakes.push_back(fmt::format("no message and no command of {} begins at {}",
                                           profile.name, to_text(change.from)));
  for (const auto& message : profile.messages)
    for (std::uint32_t i = 0; i < message.repeat.count; ++i)
      // Answers of one device may share their identifier.
      taken.take(message.is_answer() ? "an answer" : fmt::format("\"{}\"", message.name),
                 std::uint64_t{message.id} + std::uint64_t{i} * message.repeat.id_step,
                 message.extended);
  for (const auto& command : profile.commands)
    taken.take(fmt::format("\"{}\"", command.name), command.id, command.extended);
  return std::move(taken.mistakes);
}

id_translation::id_translation(const device_profile& remapped, std::span<const id_change> changes) {
  const auto add = [&](frame_id from, frame_id to) {
    to_bus_[from] = to;
    to_device_[to] = from;
  };
  for (const auto& [from, to] : changes) {
    add(from, to);
    for (const auto& message : remapped.messages) {
      if (frame_id{message.id, message.extended} != to) continue;
      for (std::uint32_t i = 1; i < message.repeat.count; ++i)
        add({from.id + i * message.repeat.id_step, from.extended},
            {to.id + i * message.repeat.id_step, to.extended});
    }
  }
}

frame_id id_translation::on_bus(frame_id own) const {
  const auto moved = to_bus_.find(own);
  return moved == to_bus_.end() ? own : moved->second;
}

std::optional<frame_id> id_translation::at_device(frame_id heard) const {
  if (const auto moved = to_device_.find(heard); moved != to_device_.end()) return moved->second;
  if (to_bus_.contains(heard)) return std::nullopt;
  return heard;
}

} // namespace voltaic::messages::profiles
