#include "nodes/site/draft.hpp"

#include <fmt/format.h>
#include <grp.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "messages/canopen/identifiers.hpp"
#include "messages/roles.hpp"
#include "nodes/site/draft_parts.hpp"
#include "nodes/site/expand.hpp"

namespace voltaic::nodes::site {

namespace {

constexpr std::int64_t port_max = 65'535;
// Publishers, subscribers and commands.
constexpr std::int64_t relay_ports = 3;

ranged read_path(section& table, std::string_view key, draft& result) {
  auto path = read_ranged(table, key);
  if (table.begins_with_variable(key))
    result.absolute_allowed.insert(path.values.begin(), path.values.end());
  return path;
}

using table_reader = std::function<void(section&)>;

// Of tables that stand once.
const named_ranges no_ranges;

void read_tables(const toml::table& file, std::string_view key, reporter& report,
                 const named_ranges& ranges, const table_reader& reader) {
  const auto* found = file.get(key);
  if (found == nullptr) return;
  const auto* array = found->as_array();
  if (array == nullptr || !array->is_homogeneous<toml::table>()) {
    report.add(position_of(*found), fmt::format("{}: expected tables [[{}]]", key, key));
    return;
  }
  for (const auto& element : *array) {
    section table(*element.as_table(), std::string(key), report, ranges);
    reader(table);
    table.finish();
  }
}

void read_table(const toml::table& file, std::string_view key, reporter& report,
                const table_reader& reader) {
  const auto* found = file.get(key);
  if (found == nullptr) return;
  const auto* table_node = found->as_table();
  if (table_node == nullptr) {
    report.add(position_of(*found), fmt::format("{}: expected a table [{}]", key, key));
    return;
  }
  section table(*table_node, std::string(key), report, no_ranges);
  reader(table);
  table.finish();
}

// What the file states once and its tables use by name.
named_ranges read_ranges(const toml::table& file, reporter& report) {
  named_ranges result;
  read_table(file, "range", report, [&](section& table) {
    for (const auto& [key, value] : *file.get_as<toml::table>("range")) {
      const auto name = key.str();
      const auto text = table.text(name);
      if (!text) continue;
      const auto members = parse_bounds(text->value);
      if (!is_name(name))
        report.add(text->at, fmt::format("range: \"{}\" is no name", name));
      else if (!members)
        report.add(text->at,
                   fmt::format("{}: expected a range as 0..7, found \"{}\"", name, text->value));
      // A broken one stands for one number: those who name it make no mistake of their own.
      if (is_name(name)) result[std::string(name)] = members ? *members : bounds{};
    }
  });
  return result;
}

// The site may be for another machine, so it is no mistake.
void warn_of_group(const std::string& name, std::string_view key, position at,
                   const reporter& report, plan& base) {
  if (::getgrnam(name.c_str()) != nullptr) return;
  base.warnings.push_back({report.file(), at.line, at.column,
                           fmt::format("{}: this machine has no group {}", key, name)});
}

void read_site(section& table, draft& result) {
  table.require("name");
  if (const auto name = table.text("name")) {
    result.name_at = name->at;
    if (is_name(name->value))
      result.base.name = name->value;
    else
      table.report().add(name->at,
                         fmt::format("name: \"{}\" is no name: lower case letters, digits "
                                     "and _, a letter first, at most {} characters",
                                     name->value, name_length_max));
  }
  if (auto group = table.text("group")) {
    warn_of_group(group->value, "group", group->at, table.report(), result.base);
    result.base.folders.group = std::move(group->value);
  }
  result.common_loss_at = table.at();
  if (const auto accept = table.boolean("accept_common_loss"))
    result.base.accept_common_loss = accept->value;
}

// `stated`: the port is known, so that what does not fit it can be told.
void read_replay_options(section& table, can_bus& bus, bool stated) {
  const bool is_replay = bus.kind == bus_kind::replay;
  for (const auto* key : {"loop", "speed", "epoch"})
    if (stated && !is_replay && table.has(key))
      table.report().add(position_of(*table.node(key)),
                         fmt::format("{}: only a replay: port has it", key));
  if (const auto loop = table.boolean("loop")) bus.loop = loop->value;
  if (const auto speed = table.number("speed", 0, 1000)) bus.speed = speed->value;
  if (const auto epoch = table.utc_us("epoch")) bus.epoch_utc_us = epoch->value;
}

// By its scheme; what none of them is, is told.
void read_kind(section& table, const ranged& port, can_bus& bus) {
  const auto& uri = port.values.front();
  if (uri.starts_with("replay:"))
    bus.kind = bus_kind::replay;
  else if (uri.starts_with("udp:") || uri.starts_with("tcp:"))
    bus.kind = bus_kind::bridge;
  else if (uri.starts_with("socketcan:"))
    bus.kind = bus_kind::socketcan;
  else if (!uri.starts_with("virtual:"))
    table.report().add(port.at,
                       fmt::format("port: expected socketcan:NAME, virtual:NAME, replay:FILE#BUS, "
                                   "udp:ADDRESS:PORT or tcp:ADDRESS:PORT, found \"{}\"",
                                   uri));
}

// Of a bus behind a gateway.
ranged read_bridge_options(section& table, can_bus& bus, bool stated) {
  const bool is_bridge = bus.kind == bus_kind::bridge;
  for (const auto* key : {"peer", "trusted_segment"})
    if (stated && !is_bridge && table.has(key))
      table.report().add(position_of(*table.node(key)),
                         fmt::format("{}: only a udp: or tcp: port has it", key));
  if (is_bridge) table.require("peer");
  if (const auto trusted = table.boolean("trusted_segment")) bus.trusted_segment = trusted->value;
  return read_ranged(table, "peer");
}

void read_data_bitrate(section& table, can_bus& bus) {
  // As fast as ISO 11898-2's transceivers of CAN FD go.
  const auto stated = table.integer("data_bitrate", 10'000, 8'000'000);
  if (!stated) return;
  bus.data_bitrate = static_cast<std::uint32_t>(stated->value);
  if (bus.data_bitrate >= bus.bitrate) return;
  table.report().add(stated->at, fmt::format("data_bitrate: is below the bitrate of {} bit/s, at "
                                             "which CAN FD begins each frame",
                                             bus.bitrate));
}

void read_bus(section& table, draft& result) {
  for (const auto* key : {"name", "port"}) table.require(key);
  auto name = read_name(table, "name");
  auto port = read_ranged(table, "port");
  result.bus_names.insert(name.values.begin(), name.values.end());
  can_bus common;
  if (port.present()) read_kind(table, port, common);
  auto peer = read_bridge_options(table, common, port.present());
  read_replay_options(table, common, port.present());
  if (const auto bitrate = table.integer("bitrate", 10'000, 1'000'000))
    common.bitrate = static_cast<std::uint32_t>(bitrate->value);
  read_data_bitrate(table, common);
  if (const auto bit_time = table.boolean("bit_time")) common.bit_time = bit_time->value;
  if (const auto sample = table.number("sample_point", 50, 95))
    common.sample_point_percent = sample->value;
  if (const auto only = table.boolean("read_only")) common.read_only = only->value;
  const auto self_at = read_self(table, common.self);
  const auto own_node = table.integer("canopen_node", 1, messages::canopen::node_max);
  if (own_node) common.canopen_node = static_cast<std::uint8_t>(own_node->value);
  if (!name.present() || !port.present()) return;
  const auto count = member_count(table, {&name, &port, &peer});
  for (std::size_t i = 0; i < count; ++i) {
    if (is_repeat({&name, &port}, i)) continue;
    common.name = name.of(i);
    common.uri = port.of(i);
    if (peer.present()) common.peer = peer.of(i);
    result.buses.push_back(
        {common, name.at, port.at, self_at, own_node ? std::optional(own_node->at) : std::nullopt});
  }
}

void read_device(section& table, draft& result) {
  for (const auto* key : {"name", "profile"}) table.require(key);
  auto name = read_name(table, "name");
  auto profile = read_path(table, "profile", result);
  auto bus = read_name(table, "bus");
  auto line = read_name(table, "line");
  auto offset = read_numbers(table, "id_offset");
  auto node = read_name(table, "node");
  const auto id_map = read_id_map(table);
  auto identity = read_numbers(table, "j1939_identity_number");
  auto modbus = read_modbus_unit(table, line.present());
  // Neighbours share a bus, and their identifiers begin again on the next.
  bus.spread = line.spread = spread::blocks;
  offset.spread = modbus.unit.spread = spread::cycle;
  result.device_names.insert(name.values.begin(), name.values.end());
  if (table.has("bus") == table.has("line")) {
    table.report().add(table.at(), "device: exactly one of the keys bus and line is needed");
    return;
  }
  if (!name.present() || !profile.present() || (!bus.present() && !line.present())) return;
  const auto count =
      member_count(table, {&name, &profile, &bus, &line, &offset, &node, &modbus.unit, &identity});
  for (std::size_t i = 0; i < count; ++i) {
    draft_device device;
    device.item.name = name.of(i);
    device.profile_text = profile.of(i);
    if (bus.present()) device.item.bus = bus.of(i);
    if (line.present()) device.item.line = line.of(i);
    if (offset.present())
      device.item.id_offset = static_cast<std::uint32_t>(std::stoull(offset.of(i)));
    device.item.id_map = id_map;
    take_identity(identity, i, device);
    if (modbus.unit.present())
      device.item.unit = static_cast<std::uint8_t>(std::stoul(modbus.unit.of(i)));
    device.item.min_gap_ms = modbus.min_gap_ms;
    device.item.simulate = modbus.simulate;
    if (node.present()) device.item.node = node.of(i);
    device.has_address = modbus.unit.present() && modbus.is_address;
    device.has_unit = modbus.unit.present() && !modbus.is_address;
    device.unit_at = modbus.unit.present() ? modbus.unit.at : line.at;
    device.table_at = table.at();
    device.name_at = name.at;
    device.profile_at = profile.at;
    device.link_at = bus.present() ? bus.at : line.at;
    device.offset_at = offset.present() ? offset.at : name.at;
    if (const auto* stated = table.node("id_map")) device.offset_at = position_of(*stated);
    device.node_at = node.at;
    result.devices.push_back(std::move(device));
  }
}

void read_rack(section& table, draft& result) {
  for (const auto* key : {"name", "device", "protection"}) table.require(key);
  auto name = read_name(table, "name");
  auto device = read_name(table, "device");
  auto protection = read_path(table, "protection", result);
  auto node = read_name(table, "node");
  const auto hard_wired = table.text("hard_wired_opening");
  const auto second = table.boolean("second_evaluator");
  const auto* changes = table.node("override");
  if (changes != nullptr && !changes->is_table())
    table.wrong_type("override", "a table [rack.override.CANDIDATE]", *changes);
  auto inputs = read_rack_inputs(table);
  if (!name.present() || !device.present() || !protection.present()) return;
  const auto count = member_count(
      table, {&name, &device, &protection, &node, &inputs.dc_bus, &inputs.emergency_stop,
              &inputs.interlock, &inputs.fire, &inputs.reset_key});
  for (std::size_t i = 0; i < count; ++i) {
    draft_rack rack;
    rack.item.name = name.of(i);
    rack.item.device = device.of(i);
    rack.protection_text = protection.of(i);
    if (changes != nullptr) rack.changes = changes->as_table();
    rack.item.node = node.present() ? node.of(i) : name.of(i);
    if (hard_wired) rack.item.hard_wired_opening = hard_wired->value;
    if (second) rack.item.second_evaluator = second->value;
    rack.name_at = name.at;
    rack.device_at = device.at;
    rack.protection_at = protection.at;
    rack.node_at = node.present() ? node.at : name.at;
    take_rack_inputs(inputs, i, rack);
    result.racks.push_back(std::move(rack));
  }
}

void read_supervision(section& table, supervision& result) {
  const auto take = [](const auto& found, std::uint32_t& target) {
    if (found) target = static_cast<std::uint32_t>(found->value);
  };
  take(table.duration_ms("wedge_safety", 100, 10'000), result.wedge_safety_ms);
  take(table.duration_ms("wedge_other", 500, 60'000), result.wedge_other_ms);
  take(table.duration_ms("start_timeout", 1'000, 120'000), result.start_timeout_ms);
  take(table.integer("restarts_max", 0, 100), result.restarts_max);
  take(table.duration_ms("restarts_window", 1'000, 3'600'000), result.restarts_window_ms);
}

void read_limits(section& table, site_limits& result) {
  const auto take = [&](std::string_view key, const std::vector<std::string_view>& words,
                        std::string& target) {
    if (const auto found = table.word(key, words)) target = found->value;
  };
  const std::vector<std::string_view> answers{"hold", "exclude", "stop"};
  take("policy", {"smallest_times_active", "sum"}, result.policy);
  take("lost_silent", answers, result.lost_silent);
  take("lost_invalid", answers, result.lost_invalid);
  if (const auto hold = table.duration_ms("hold", 1'000, 60'000)) result.hold_ms = hold->value;
}

void read_simulator(section& table, draft& source) {
  auto& result = source.base.simulator;
  result.present = true;
  if (const auto initial = table.word("initial", {"open", "closed"}))
    result.initial = initial->value;
  if (const auto soc = table.number("soc", 0, 100)) result.soc_percent = soc->value;
  if (const auto temperature = table.number("temperature", -40, 90))
    result.temperature_c = temperature->value;
  if (const auto noise = table.boolean("noise")) result.noise = noise->value;
  if (const auto scatter = table.boolean("scatter")) result.scatter = scatter->value;
  if (const auto seed = table.integer("seed", 0, INT64_MAX))
    result.seed = static_cast<std::uint64_t>(seed->value);
  if (const auto scenario = table.text("scenario")) {
    result.scenario = scenario->value;
    source.scenario_at = scenario->at;
  }
}

// Until the message bus is encrypted, tcp endpoints stay inside the machine.
// The relay takes the port and the next two; `offset` moves them all.
void read_relay(section& table, std::int64_t offset, plan& base) {
  const auto listen = table.text("listen");
  if (!listen) return;
  constexpr std::string_view scheme = "tcp://";
  constexpr std::string_view loopback = "127.0.0.1";
  const std::string_view endpoint = listen->value;
  const auto colon = endpoint.rfind(':');
  std::int64_t port = 0;
  const auto digits = endpoint.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!endpoint.starts_with(scheme) || colon < scheme.size() || error != std::errc() ||
      end != digits.data() + digits.size()) {
    table.report().add(listen->at, "listen: expected tcp://127.0.0.1:PORT");
    return;
  }
  const auto host = endpoint.substr(scheme.size(), colon - scheme.size());
  if (host != loopback)
    table.report().add(listen->at, fmt::format("listen: {} is not 127.0.0.1; beyond it the bus "
                                               "needs encryption that it does not have yet",
                                               host));
  else if (port < 1 || port + offset + relay_ports - 1 > port_max)
    table.report().add(
        listen->at, fmt::format("listen: the ports {} to {} are not within 1 to {}", port + offset,
                                port + offset + relay_ports - 1, port_max));
  else
    base.relay_listen = fmt::format("{}{}:{}", scheme, loopback, port + offset);
}

void read_roles(section& table, plan& base) {
  for (const auto role : messages::roles) {
    auto groups = table.texts(role);
    if (!groups) continue;
    for (const auto& element : *table.node(role)->as_array())
      if (const auto* name = element.as_string())
        warn_of_group(name->get(), role, position_of(element), table.report(), base);
    base.roles[std::string(role)] = std::move(groups->value);
  }
  if (!base.roles.empty() && base.folders.group.empty())
    base.warnings.push_back(
        {table.report().file(), table.at().line, table.at().column,
         "roles: only the user who starts the site, and root, can open its sockets; group = "
         "\"NAME\" in [site] lets the members of a Unix group use it"});
  if (!base.roles.empty() && !base.roles.contains("service"))
    base.warnings.push_back(
        {table.report().file(), table.at().line, table.at().column,
         "roles: no group has the role service: whoever uses the site by these groups cannot reset "
         "a lock, accept another device or answer for a looser limit"});
}

} // namespace

draft read_draft(const toml::table& file, reporter& report) {
  draft result;
  section top(file, "site file", report, no_ranges);
  for (const auto* key :
       {"range", "bus", "modbus", "serial", "device", "rack", "inverter", "digital", "roles",
        "ports", "supervision", "simulator", "relay", "limits", "profiles"})
    (void)top.node(key);
  (void)top.node("site");
  top.require("site");
  top.finish();
  const auto ranges = read_ranges(file, report);
  read_table(file, "site", report, [&](section& table) { read_site(table, result); });
  read_tables(file, "bus", report, ranges, [&](section& table) { read_bus(table, result); });
  read_tables(file, "modbus", report, ranges, [&](section& table) { read_line(table, result); });
  read_tables(file, "serial", report, ranges,
              [&](section& table) { read_serial_line(table, result); });
  read_tables(file, "device", report, ranges, [&](section& table) { read_device(table, result); });
  read_tables(file, "rack", report, ranges, [&](section& table) { read_rack(table, result); });
  read_tables(file, "inverter", report, ranges,
              [&](section& table) { read_inverter(table, result); });
  read_tables(file, "digital", report, ranges,
              [&](section& table) { read_digital(table, result); });
  read_table(file, "roles", report, [&](section& table) { read_roles(table, result.base); });
  read_table(file, "profiles", report, [&](section& table) { read_trust(table, result.base); });
  std::int64_t ports_offset = 0;
  read_table(file, "ports", report, [&](section& table) {
    if (const auto offset = table.integer("offset", 0, 10'000)) ports_offset = offset->value;
  });
  result.ports_offset = static_cast<std::uint16_t>(ports_offset);
  read_table(file, "supervision", report,
             [&](section& table) { read_supervision(table, result.base.supervision); });
  read_table(file, "limits", report,
             [&](section& table) { read_limits(table, result.base.limits); });
  read_table(file, "simulator", report, [&](section& table) { read_simulator(table, result); });
  read_table(file, "relay", report,
             [&](section& table) { read_relay(table, ports_offset, result.base); });
  return result;
}

} // namespace voltaic::nodes::site
