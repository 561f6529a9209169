#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "bus/can/bridge/bridge_port.hpp"
#include "bus/modbus/line_options.hpp"
#include "messages/can/frame_bits.hpp"
#include "messages/inverter/codec.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/order_renewal.hpp"
#include "nodes/site/judge_canopen.hpp"
#include "nodes/site/judge_dc_bus.hpp"
#include "nodes/site/judge_digital.hpp"
#include "nodes/site/judge_inverter_range.hpp"
#include "nodes/site/judge_j1939.hpp"
#include "nodes/site/judge_protection.hpp"
#include "nodes/site/judge_serial.hpp"
#include "nodes/site/line_load.hpp"
#include "nodes/site/resolve.hpp"

namespace voltaic::nodes::site {

namespace {

namespace profiles = messages::profiles;

constexpr double load_warning_percent = 70;
constexpr double load_percent_max = 95;
constexpr std::uint32_t standard_id_max = 0x7FF;
constexpr std::uint8_t standard_frame_bytes = 8;
constexpr std::uint32_t extended_id_max = 0x1FFFFFFF;
// A simulated battery of J1939 begins at a battery pack monitor's address; the last one is 253.
constexpr std::uint32_t j1939_first_address = 243;
constexpr std::uint32_t j1939_offset_max = 10;
// sockaddr_un holds 108 bytes with the terminating zero.
constexpr std::size_t socket_path_max = 107;

struct identifier {
  std::uint32_t id = 0;
  bool extended = false;
  friend auto operator<=>(const identifier&, const identifier&) = default;
};

std::string to_text(identifier id) {
  return id.extended ? fmt::format("0x{:08X}", id.id) : fmt::format("0x{:03X}", id.id);
}

// Every identifier that a device sends or takes, shifted.
std::set<identifier> identifiers_of(const device& item) {
  std::set<identifier> result;
  for (const auto& message : item.profile->messages)
    for (std::uint32_t i = 0; i < message.repeat.count; ++i)
      result.insert({message.id + item.id_offset + i * message.repeat.id_step, message.extended});
  for (const auto& message : item.profile->messages)
    if (message.read)
      result.insert({message.read->request_id + item.id_offset, message.read->request_extended});
  for (const auto& request : item.profile->requests)
    result.insert({request.id + item.id_offset, request.extended});
  for (const auto& command : item.profile->commands)
    result.insert({command.id + item.id_offset, command.extended});
  if (const auto& canopen = item.profile->canopen) {
    for (const auto id : profiles::identifiers_sent(*canopen, item.id_offset))
      result.insert({id, false});
    for (const auto id : profiles::identifiers_taken(*canopen, item.id_offset))
      result.insert({id, false});
  }
  return result;
}

// Frames that come once in each period: of a multiplexed message, one a value.
double frames_of(const profiles::message& message) {
  std::set<std::int64_t> selectors;
  for (const auto& signal : message.signals)
    if (signal.mux) selectors.insert(*signal.mux);
  const std::size_t each = std::max<std::size_t>(1, selectors.size());
  return static_cast<double>(message.repeat.count * each);
}

using profiles::frame_format;

// The most that a frame takes on the wire.
double bits_of(bool extended, frame_format format, std::uint32_t bytes, const can_bus& bus) {
  if (format == frame_format::classic) return messages::can::worst_case_bits(extended, bytes);
  return messages::can::worst_case_fd_bits(extended, format == frame_format::fd_switched, bytes,
                                           {bus.bitrate, bus.data_bitrate});
}

// A request, the answer's frames, and as many of ours that say go on.
double bits_of_read(const profiles::message& message) {
  constexpr std::uint32_t frame_bytes = 8;
  constexpr std::uint32_t carried_bytes = 7;
  constexpr std::uint32_t head_bytes = 3;
  const auto& rule = *message.read;
  const std::uint32_t frames = (message.length + head_bytes) / carried_bytes + 1;
  const std::uint32_t controls = 1 + (rule.block_size == 0 ? 0 : frames / rule.block_size);
  return (1.0 + controls) * messages::can::worst_case_bits(rule.request_extended, frame_bytes) +
         static_cast<double>(frames) *
             messages::can::worst_case_bits(message.extended, frame_bytes);
}

double bits_per_second(const profiles::device_profile& profile, const can_bus& bus) {
  double result = canopen_bits_per_second(profile) + j1939_bits_per_second(profile);
  for (const auto& message : profile.messages) {
    if (message.period_ms == 0 || message.object || message.is_transported()) continue;
    const double frames = frames_of(message) * 1000.0 / message.period_ms;
    result +=
        frames * (message.read ? bits_of_read(message)
                               : bits_of(message.extended, message.format, message.length, bus));
  }
  for (const auto& request : profile.requests)
    result += 1000.0 / request.period_ms *
              bits_of(request.extended, request.format,
                      static_cast<std::uint32_t>(request.data.size()), bus);
  if (const auto* order = profile.order_command(); order != nullptr)
    result += 1000.0 / profiles::can_order_renewal_ms *
              bits_of(order->extended, order->format, order->length, bus);
  for (const auto& command : profile.commands)
    if (command.period_ms > 0 && (!command.group || command.length <= standard_frame_bytes))
      result += 1000.0 / command.period_ms *
                bits_of(command.extended, command.format, command.length, bus);
  return result;
}

const draft_device& place_of(const draft& source, const std::string& name) {
  return *std::find_if(source.devices.begin(), source.devices.end(),
                       [&](const draft_device& d) { return d.item.name == name; });
}

double bits_per_second(const messages::inverter::inverter_profile& profile) {
  double result = 0;
  for (const auto& frame : profile.frames)
    if (frame.period_ms != 0)
      result += 1000.0 / frame.period_ms *
                messages::can::worst_case_bits(frame.id.extended, frame.length);
  return result;
}

// Every identifier that an inverter and its link use.
std::set<identifier> identifiers_of(const inverter& item) {
  std::set<identifier> result;
  const auto& profile = *item.profile;
  const auto add = [&](const messages::inverter::identifier& one) {
    result.insert({one.id, one.extended});
  };
  for (const auto& each : profile.frames)
    add(messages::inverter::sent_id(each, wire_options_of(item)));
  for (const auto& each : profile.received) add(each.id);
  for (const auto& each : profile.requests) add(each.id);
  if (profile.keep_alive) add(profile.keep_alive->id);
  return result;
}

// What of the site file moves its identifiers.
std::string_view key_of(const device& item) {
  return item.id_map.empty() ? "id_offset" : "id_map";
}

bool judge_identifiers(const device& item, position at, reporter& report) {
  for (const auto& id : identifiers_of(item)) {
    if (id.id <= (id.extended ? extended_id_max : standard_id_max)) continue;
    report.add(at, fmt::format("id_offset: {} would use identifier 0x{:X}, beyond {} bits",
                               item.name, id.id, id.extended ? 29 : 11));
    return false;
  }
  return true;
}

void judge_bus(const draft& source, const plan& result, const can_bus& bus, reporter& report) {
  std::map<identifier, const device*> users;
  for (const auto& item : result.devices) {
    // Of J1939 the addresses tell devices apart (judge_j1939.hpp).
    if (item.bus != bus.name || item.profile == nullptr || item.profile->j1939 ||
        item.profile->protocol != profiles::protocol::can)
      continue;
    const auto at = place_of(source, item.name).offset_at;
    if (!judge_identifiers(item, at, report)) continue;
    std::set<const device*> told;
    for (const auto& id : identifiers_of(item)) {
      const auto [user, is_first] = users.try_emplace(id, &item);
      if (!is_first && told.insert(user->second).second)
        report.add(at, fmt::format("{}: {} and {} both use identifier {} on {}", key_of(item),
                                   user->second->name, item.name, to_text(id), bus.name));
    }
  }
}

// Two that send the same identifier talk over each other.
void judge_inverters(const draft& source, const plan& result, const can_bus& bus,
                     reporter& report) {
  std::map<identifier, std::string> users;
  for (const auto& item : result.devices)
    if (item.bus == bus.name && item.profile != nullptr)
      for (const auto& id : identifiers_of(item)) users.try_emplace(id, item.name);
  for (const auto& item : result.inverters) {
    if (item.bus != bus.name || item.profile == nullptr) continue;
    const auto place = std::ranges::find(source.inverters, item.name,
                                         [](const draft_inverter& each) { return each.item.name; });
    for (const auto& id : identifiers_of(item)) {
      const auto [user, is_first] = users.try_emplace(id, item.name);
      if (is_first) continue;
      report.add(place->link_at, fmt::format("bus: {} and {} both use identifier {} on {}",
                                             user->second, item.name, to_text(id), bus.name));
      break;
    }
  }
}

bool reaches_contactors(const plan& of, const can_bus& bus) {
  return std::ranges::any_of(of.devices, [&](const device& item) {
    return item.bus == bus.name && item.profile != nullptr &&
           item.profile->order_command() != nullptr;
  });
}

// Frames over a network are neither encrypted nor signed: who is on it can send orders as well.
void judge_bridge(const draft& source, const plan& result, const can_bus& bus, reporter& report) {
  if (bus.kind != bus_kind::bridge || bus.peer.empty()) return;
  const auto place = std::ranges::find(source.buses, bus.name,
                                       [](const draft_bus& each) { return each.item.name; });
  const auto way = bus::can::parse_bridge(bus.uri, bus.peer);
  if (!way) return report.add(place->port_at, fmt::format("port: {}", way.error().text));
  if (bus::can::is_local(*way) || bus.trusted_segment || !reaches_contactors(result, bus)) return;
  report.add(
      place->port_at,
      fmt::format("port: orders to contactors would go through a network where anybody can "
                  "send them; trusted_segment = true says that nobody else can reach the way "
                  "from {} to {}",
                  bus.name, bus.peer));
}

// The first of the profile's frames that only CAN FD has, in words; empty: none.
std::string fd_frame_of(const profiles::device_profile& profile) {
  const auto words = [](const std::string& name, std::size_t bytes) {
    return fmt::format("\"{}\" of {} bytes is a frame of CAN FD", name, bytes);
  };
  for (const auto& message : profile.messages)
    if (message.format != frame_format::classic) return words(message.name, message.length);
  for (const auto& request : profile.requests)
    if (request.format != frame_format::classic) return words(request.name, request.data.size());
  for (const auto& command : profile.commands)
    if (command.format != frame_format::classic && !command.group)
      return words(command.name, command.length);
  return {};
}

// A classic controller destroys each frame of CAN FD that it sees.
void judge_fd(const draft& source, const plan& result, const can_bus& bus, reporter& report) {
  if (bus.data_bitrate != 0) return;
  for (const auto& item : result.devices) {
    if (item.bus != bus.name || item.profile == nullptr) continue;
    const auto frame = fd_frame_of(*item.profile);
    if (!frame.empty())
      report.add(place_of(source, item.name).profile_at,
                 fmt::format("profile: {}, and {} is a classic bus: with CAN FD its [[bus]] has a "
                             "data_bitrate",
                             frame, bus.name));
  }
}

void judge_load(const draft& source, plan& result, can_bus& bus, reporter& report) {
  double bits = 0;
  for (const auto& item : result.devices)
    if (item.bus == bus.name && item.profile != nullptr)
      bits += bits_per_second(*item.profile, bus);
  for (const auto& item : result.inverters)
    if (item.bus == bus.name && item.profile != nullptr) bits += bits_per_second(*item.profile);
  bus.load_percent = 100.0 * bits / bus.bitrate;
  // A recording was a real bus already: nothing is sent on it.
  if (bus.kind == bus_kind::replay || bus.load_percent <= load_warning_percent) return;
  const auto place = std::find_if(source.buses.begin(), source.buses.end(),
                                  [&](const draft_bus& b) { return b.item.name == bus.name; });
  auto words =
      fmt::format("{} is loaded to {:.1f} % in the worst case", bus.name, bus.load_percent);
  if (bus.load_percent > load_percent_max)
    report.add(place->name_at, words + fmt::format(", at most {:.0f} % work", load_percent_max));
  else
    result.warnings.push_back(
        {report.file(), place->name_at.line, place->name_at.column, std::move(words)});
}

const draft_line& place_of(const draft& source, const modbus_line& line) {
  return *std::find_if(source.lines.begin(), source.lines.end(),
                       [&](const draft_line& each) { return each.item.name == line.name; });
}

void judge_line_load(const draft& source, const plan& result, modbus_line& line, reporter& report) {
  constexpr std::size_t told_max = 4;
  const auto loads = loads_of(result, line);
  line.load_percent = 0;
  std::string figures;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    line.load_percent += loads[i].percent;
    if (i < told_max)
      figures += fmt::format("{}{} {:.1f} % ({} read{})", i == 0 ? "" : ", ", loads[i].device,
                             loads[i].percent, loads[i].reads, loads[i].reads == 1 ? "" : "s");
  }
  if (loads.size() > told_max) figures += fmt::format(", {} more", loads.size() - told_max);
  if (line.load_percent > line_load_percent_max)
    report.add(place_of(source, line).name_at,
               fmt::format("{} needs {:.1f} % of its time, at most {:.0f} % work: {}", line.name,
                           line.load_percent, line_load_percent_max, figures));
}

// One node opens a line, and each unit on it is one device.
void judge_line(const draft& source, const plan& result, const modbus_line& line,
                reporter& report) {
  const auto& place = place_of(source, line);
  if (const auto mistake = bus::modbus::mistake_in(line_options_of(line)); !mistake.empty())
    report.add(place.name_at, fmt::format("{}: {}", line.name, mistake));
  std::map<std::uint8_t, const device*> units;
  const device* first = nullptr;
  for (const auto& item : result.devices) {
    if (item.line != line.name) continue;
    const auto at = place_of(source, item.name).link_at;
    const auto [user, is_first] = units.try_emplace(item.unit, &item);
    if (!is_first)
      report.add(at, fmt::format("line: {} and {} are both unit {} of {}", user->second->name,
                                 item.name, item.unit, line.name));
    if (first == nullptr) first = &item;
    if (item.node != first->node)
      report.add(at, fmt::format("line: {} is opened by the node {} for {}, so {} cannot live in "
                                 "{}",
                                 line.name, first->node, first->name, item.name, item.node));
  }
}

// The simulator serves on this machine only, and its ports move with the site's.
void judge_simulated(const draft& source, plan& result, modbus_line& line, reporter& report) {
  constexpr std::string_view loopback = "127.0.0.1";
  std::size_t members = 0;
  std::size_t simulated = 0;
  for (const auto& item : result.devices) {
    if (item.line != line.name) continue;
    ++members;
    simulated += item.simulate.empty() ? 0 : 1;
  }
  if (simulated == 0) return;
  const auto at = place_of(source, line).name_at;
  if (simulated != members)
    report.add(at,
               fmt::format("{}: either all devices of a line are simulated or none", line.name));
  if (line.transport == bus::modbus::transport::framed) return;
  if (line.transport != bus::modbus::transport::tcp || line.host != loopback)
    report.add(at, fmt::format("{}: simulated equipment is on a tcp line of 127.0.0.1", line.name));
  if (line.port + source.ports_offset > 0xFFFF)
    report.add(at, fmt::format("{}: the port {} is beyond 65535", line.name,
                               line.port + source.ports_offset));
  line.port = static_cast<std::uint16_t>(line.port + source.ports_offset);
}

// A pack is played by what its profile reads or by a protocol's rules, on a bus of this machine.
void judge_packs(const draft& source, const plan& result, reporter& report) {
  for (const auto* item : result.simulated_packs()) {
    const auto at = place_of(source, item->name).name_at;
    const auto* bus = result.find_bus(item->bus);
    if (bus != nullptr && bus->kind != bus_kind::virtual_bus)
      report.add(at, fmt::format("simulate: {} is not on a virtual bus", item->name));
    if (item->profile == nullptr) continue;
    const bool is_asked = std::ranges::any_of(
        item->profile->messages, [](const profiles::message& one) { return one.read.has_value(); });
    if (item->simulate == "canopen" && !item->profile->canopen)
      report.add(at, fmt::format("simulate: {} is no node of CANopen", item->profile->name));
    if (item->simulate == "j1939" && item->id_offset > j1939_offset_max)
      report.add(at, fmt::format("simulate: {} would be at address {}, and the last of J1939 is {}",
                                 item->name, j1939_first_address + std::uint64_t{item->id_offset},
                                 j1939_first_address + j1939_offset_max));
    if (item->simulate == "pack" && !is_asked)
      report.add(
          at, fmt::format("simulate: a pack answers what its profile reads, and {} reads nothing",
                          item->profile->name));
  }
}

// Which device it is, only the protection of a rack asks.
void judge_identity(const draft& source, plan& result, const reporter& report) {
  for (const auto& item : result.devices) {
    if (!item.rack.empty() || item.profile == nullptr || item.profile->identity.empty()) continue;
    const auto at = place_of(source, item.name).name_at;
    result.warnings.push_back(
        {report.file(), at.line, at.column,
         fmt::format("{} feeds no rack: nobody watches the identity that its profile {} names",
                     item.name, item.profile->name)});
  }
}

// Two servers cannot listen at one place.
void judge_simulated_ports(const draft& source, const plan& result, reporter& report) {
  std::map<std::pair<std::string, std::uint16_t>, std::string> taken;
  for (const auto& line : result.simulated_lines()) {
    if (line.transport == bus::modbus::transport::framed) continue;
    const auto [user, is_first] = taken.try_emplace({line.host, line.port}, line.name);
    if (!is_first)
      report.add(
          place_of(source, line).name_at,
          fmt::format("{}: the equipment of {} is simulated on {}:{} already, choose another "
                      "port",
                      line.name, user->second, line.host, line.port - source.ports_offset));
  }
}

void judge_sockets(const draft& source, const plan& result, reporter& report) {
  std::size_t longest = std::string_view("/relay.pub").size();
  for (const auto& bus : result.buses)
    if (bus.kind == bus_kind::virtual_bus)
      longest = std::max(longest, std::string_view("/can_").size() + bus.uri.size() -
                                      std::string_view("virtual:").size());
  const auto length = result.folders.runtime.size() + longest;
  if (length > socket_path_max)
    report.add(source.name_at,
               fmt::format("name: sockets below {} would have paths of {} bytes, at most {} work; "
                           "set VOLTAIC_RUNTIME_DIR to a shorter folder",
                           result.folders.runtime, length, socket_path_max));
}

} // namespace

void judge(const draft& source, plan& result, reporter& report) {
  for (auto& bus : result.buses) {
    judge_bus(source, result, bus, report);
    judge_bridge(source, result, bus, report);
    judge_inverters(source, result, bus, report);
    judge_fd(source, result, bus, report);
    judge_load(source, result, bus, report);
  }
  for (auto& line : result.lines) {
    judge_serial(source, result, line, report);
    judge_line(source, result, line, report);
    judge_simulated(source, result, line, report);
    judge_line_load(source, result, line, report);
  }
  judge_simulated_ports(source, result, report);
  judge_packs(source, result, report);
  judge_canopen(source, result, report);
  judge_j1939(source, result, report);
  judge_identity(source, result, report);
  for (const auto& item : result.racks) {
    const auto place = std::find_if(source.racks.begin(), source.racks.end(),
                                    [&](const draft_rack& r) { return r.item.name == item.name; });
    judge_protection(*place, item, result, report);
  }
  judge_dc_bus(source, result, report);
  judge_inverter_range(source, result, report);
  for (const auto& place : source.devices) judge_equipment(place, result, report);
  judge_digital(source, result, report);
  judge_sockets(source, result, report);
}

} // namespace voltaic::nodes::site
