#include "nodes/site/judge_j1939.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "messages/can/frame_bits.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/name.hpp"
#include "messages/j1939/transfer_control.hpp"
#include "nodes/site/toml_section.hpp"

namespace voltaic::nodes::site {
namespace {

namespace j1939 = messages::j1939;

constexpr double ms_per_s = 1'000;
constexpr std::uint32_t identity_number_max = (1u << 21) - 1;

bool speaks(const device& item) {
  return item.profile != nullptr && item.profile->j1939;
}

const draft_device& place_of(const draft& source, const device& item) {
  return *std::ranges::find(source.devices, item.name,
                            [](const draft_device& each) { return each.item.name; });
}

void judge_bus(const draft& source, const plan& result, const can_bus& bus, reporter& report) {
  const auto place = std::ranges::find(source.buses, bus.name,
                                       [](const draft_bus& each) { return each.item.name; });
  std::map<std::uint64_t, std::string> users;
  const bool is_spoken = std::ranges::any_of(
      result.devices, [&](const device& each) { return each.bus == bus.name && speaks(each); });
  if (!is_spoken) {
    if (place->self_at)
      report.add(*place->self_at, fmt::format("bus: no device on {} speaks J1939", bus.name));
    return;
  }
  users.emplace(bus.self.address, "we");
  for (const auto& item : result.devices) {
    if (item.bus != bus.name || !speaks(item)) continue;
    const auto address = std::uint64_t{item.profile->j1939->address} + item.id_offset;
    if (address > j1939::device_address_max) continue; // told already
    const auto [user, is_first] = users.try_emplace(address, item.name);
    if (!is_first)
      report.add(place_of(source, item).offset_at,
                 fmt::format("id_offset: {} and {} both want address {} on {}", user->second,
                             item.name, address, bus.name));
  }
}

bool takes(const device& item, std::uint32_t pgn) {
  return std::ranges::any_of(item.profile->commands,
                             [&](const auto& each) { return each.group == pgn; });
}

/// A group of PDU2 goes to everybody: who is meant has to stand in it, where several take it.
void judge_commands(const draft& source, const plan& result, const device& item, reporter& report) {
  for (const auto& command : item.profile->commands) {
    const bool says_whom = std::ranges::any_of(
        command.fields, [](const auto& each) { return each.field == "address"; });
    if (!command.group || j1939::is_addressed(*command.group) || says_whom) continue;
    const auto other = std::ranges::find_if(result.devices, [&](const device& each) {
      return each.bus == item.bus && each.name != item.name && speaks(each) &&
             takes(each, *command.group);
    });
    if (other == result.devices.end()) continue;
    report.add(place_of(source, item).name_at,
               fmt::format("{}: its command \"{}\" goes to everybody (group {:04X}), and {} takes "
                           "it as well: it needs the field \"address\"",
                           item.name, command.name, *command.group, other->name));
    return;
  }
}

/// Two of one NAME could not be told apart.
void judge_identity(const draft& source, const plan& result, const device& item, reporter& report) {
  if (!item.j1939_identity_number) return;
  const auto other = std::ranges::find_if(result.devices, [&](const device& each) {
    return each.bus == item.bus && speaks(each) &&
           each.j1939_identity_number == item.j1939_identity_number;
  });
  if (other->name != item.name)
    report.add(place_of(source, item).identity_at,
               fmt::format("j1939_identity_number: {} on {} has {} already", other->name, item.bus,
                           *item.j1939_identity_number));
}

void judge_device(const draft& source, const device& item, plan& result, reporter& report) {
  const auto& place = place_of(source, item);
  if (!speaks(item)) {
    if (item.j1939_identity_number && item.profile != nullptr)
      report.add(place.identity_at,
                 fmt::format("j1939_identity_number: {} does not speak J1939", item.profile->name));
    return;
  }
  judge_identity(source, result, item, report);
  judge_commands(source, result, item, report);
  if (item.j1939_identity_number.value_or(0) > identity_number_max)
    report.add(place.identity_at, fmt::format("j1939_identity_number: expected 0 to {}, found {}",
                                              identity_number_max, *item.j1939_identity_number));
  if (!messages::profiles::address_of(*item.profile->j1939, item.id_offset))
    report.add(place.offset_at,
               fmt::format("id_offset: {} would be address {}, and the last is {}", item.name,
                           std::uint64_t{item.profile->j1939->address} + item.id_offset,
                           j1939::device_address_max));
  const auto* bus = result.find_bus(item.bus);
  if (bus != nullptr && bus->read_only)
    result.warnings.push_back(
        {report.file(), place.name_at.line, place.name_at.column,
         fmt::format("{} is on {}, which is only read: nobody asks for its NAME; it is believed "
                     "until another one claims its address",
                     item.name, item.bus)});
}

} // namespace

bool claims_address(const plan& of, const device& item) {
  const auto first = std::ranges::find_if(
      of.devices, [&](const device& each) { return each.bus == item.bus && speaks(each); });
  return first != of.devices.end() && first->name == item.name;
}

bool is_alone(const plan& of, const device& item) {
  return std::ranges::none_of(of.devices, [&](const device& each) {
    return each.bus == item.bus && each.name != item.name && speaks(each);
  });
}

std::uint64_t name_of(const j1939_self& self) {
  j1939::name_fields fields;
  fields.function = self.function;
  fields.manufacturer_code = self.manufacturer_code;
  fields.identity_number = self.identity_number;
  return j1939::join_name(fields);
}

void judge_j1939(const draft& source, plan& result, reporter& report) {
  for (const auto& item : result.devices) judge_device(source, item, result, report);
  for (const auto& bus : result.buses) judge_bus(source, result, bus, report);
}

double j1939_bits_per_second(const messages::profiles::device_profile& profile) {
  const auto frame_bits = messages::can::worst_case_bits(true, j1939::packet_bytes_max);
  double bits = 0;
  const auto add = [&](std::size_t length, std::uint32_t period_ms) {
    if (period_ms == 0) return;
    // What announces it or asks to send, what permits and acknowledges that, and its packets.
    constexpr double around = 3;
    bits += (around + j1939::packets_for(length)) * ms_per_s / period_ms * frame_bits;
  };
  for (const auto& each : profile.messages)
    if (each.is_transported()) add(each.length, each.period_ms);
  for (const auto& each : profile.commands)
    if (each.group && each.length > j1939::packet_bytes_max) add(each.length, each.period_ms);
  return bits;
}

} // namespace voltaic::nodes::site
