#include <fmt/format.h>

#include <initializer_list>

#include "bus/modbus/line.hpp"
#include "messages/modbus/frame.hpp"
#include "nodes/site/draft_parts.hpp"

// Lines of Modbus and of plain RS-485, and the devices on them.
namespace voltaic::nodes::site {

namespace {

namespace modbus = bus::modbus;

constexpr std::int64_t line_port_max = 65'535;
constexpr std::int64_t baud_max = 921'600;
// What plain RS-485 batteries come with; each site may say otherwise.
constexpr std::uint32_t serial_baud_usual = 9'600;
constexpr std::uint32_t serial_turnaround_ms_usual = 20;
constexpr std::int64_t address_max = 255;

void refuse_keys(section& table, std::initializer_list<std::string_view> keys,
                 std::string_view why) {
  for (const auto key : keys)
    if (table.has(key))
      table.report().add(position_of(*table.node(key)), fmt::format("{}: {}", key, why));
}

// Which transport the keys mean; what does not fit it is told.
modbus::transport read_transport(section& table) {
  const bool is_serial = table.has("serial");
  const auto word = table.word("transport", {"tcp", "rtu", "rtu_over_tcp"});
  auto result = is_serial ? modbus::transport::rtu : modbus::transport::tcp;
  if (word && word->value == "rtu_over_tcp") result = modbus::transport::rtu_over_tcp;
  if (word && is_serial != (word->value == "rtu"))
    table.report().add(word->at, fmt::format("transport: {} needs the key {}", word->value,
                                             word->value == "rtu" ? "serial" : "host"));
  if (is_serial == table.has("host"))
    table.report().add(table.at(), "modbus: exactly one of the keys host and serial is needed");
  if (is_serial) refuse_keys(table, {"port"}, "a serial line has none");
  if (!is_serial) refuse_keys(table, {"parity", "stop_bits", "rs485"}, "only a serial line has it");
  if (!is_serial && result == modbus::transport::tcp)
    refuse_keys(table, {"baud"}, "only a line of RTU frames has it");
  return result;
}

void read_serial(section& table, modbus::serial_options& result) {
  if (const auto baud = table.integer("baud", 1'200, baud_max))
    result.baud = static_cast<std::uint32_t>(baud->value);
  if (const auto parity = table.word("parity", {"none", "even", "odd"}))
    result.parity = parity->value == "none"   ? modbus::parity::none
                    : parity->value == "even" ? modbus::parity::even
                                              : modbus::parity::odd;
  if (const auto stop_bits = table.integer("stop_bits", 1, 2))
    result.stop_bits = static_cast<std::uint8_t>(stop_bits->value);
  if (const auto rs485 = table.boolean("rs485")) result.rs485 = rs485->value;
}

} // namespace

void read_line(section& table, draft& result) {
  table.require("name");
  auto name = read_name(table, "name");
  auto host = read_ranged(table, "host");
  auto serial = read_ranged(table, "serial");
  const auto port = table.integer("port", 1, line_port_max);
  const auto timeout = table.duration_ms("timeout", modbus::response_timeout_ms_min,
                                         modbus::response_timeout_ms_max);
  const auto turnaround = table.duration_ms("turnaround", 1, modbus::response_timeout_ms_max);
  modbus_line common;
  common.transport = read_transport(table);
  read_serial(table, common.serial);
  if (port) common.port = static_cast<std::uint16_t>(port->value);
  if (timeout) common.timeout_ms = static_cast<std::uint32_t>(timeout->value);
  if (turnaround) common.turnaround_ms = static_cast<std::uint32_t>(turnaround->value);
  result.line_names.insert(name.values.begin(), name.values.end());
  if (!name.present() || (!host.present() && !serial.present())) return;
  const auto count = member_count(table, {&name, &host, &serial});
  for (std::size_t i = 0; i < count; ++i) {
    if (is_repeat({&name, &host, &serial}, i)) continue;
    auto line = common;
    line.name = name.of(i);
    if (host.present()) line.host = host.of(i);
    if (serial.present()) line.serial.device = serial.of(i);
    result.lines.push_back({line, name.at});
  }
}

void read_serial_line(section& table, draft& result) {
  for (const auto* key : {"name", "port"}) table.require(key);
  auto name = read_name(table, "name");
  auto port = read_ranged(table, "port");
  const auto timeout = table.duration_ms("timeout", modbus::response_timeout_ms_min,
                                         modbus::response_timeout_ms_max);
  const auto turnaround = table.duration_ms("turnaround", 1, modbus::response_timeout_ms_max);
  modbus_line common;
  common.transport = modbus::transport::framed;
  common.serial.baud = serial_baud_usual;
  common.serial.parity = modbus::parity::none;
  common.turnaround_ms = serial_turnaround_ms_usual;
  read_serial(table, common.serial);
  if (timeout) common.timeout_ms = static_cast<std::uint32_t>(timeout->value);
  if (turnaround) common.turnaround_ms = static_cast<std::uint32_t>(turnaround->value);
  result.line_names.insert(name.values.begin(), name.values.end());
  if (!name.present() || !port.present()) return;
  const auto count = member_count(table, {&name, &port});
  for (std::size_t i = 0; i < count; ++i) {
    if (is_repeat({&name, &port}, i)) continue;
    auto line = common;
    line.name = name.of(i);
    line.serial.device = port.of(i);
    result.lines.push_back({line, name.at});
  }
}

modbus_unit read_modbus_unit(section& table, bool on_line) {
  modbus_unit result;
  result.is_address = table.has("address");
  const std::string_view key = result.is_address ? "address" : "unit";
  result.unit = read_numbers(table, key);
  if (result.is_address) refuse_keys(table, {"unit"}, "a device has either a unit or an address");
  const std::int64_t least = result.is_address ? 0 : 1;
  const std::int64_t most = result.is_address ? address_max : messages::modbus::unit_max;
  for (const auto& each : result.unit.values) {
    const auto number = std::stoll(each);
    if (number >= least && number <= most) continue;
    table.report().add(result.unit.at,
                       fmt::format("{}: expected {} to {}, found {}", key, least, most, number));
    result.unit.values.clear();
    break;
  }
  if (const auto gap = table.integer("min_gap_ms", 0, modbus::min_gap_ms_max))
    result.min_gap_ms = static_cast<std::uint32_t>(gap->value);
  // A line asks one at a time, so that this is what every device may rely on.
  (void)table.integer("max_outstanding", 1, 1);
  std::vector<std::string_view> played{"pack", "canopen", "j1939"};
  if (on_line) played = {"inverter", "hvac", "meter", "battery"};
  if (const auto kind = table.word("simulate", played)) result.simulate = kind->value;
  if (!on_line)
    refuse_keys(table, {"unit", "address", "min_gap_ms", "max_outstanding"},
                "only a device on a line has it");
  return result;
}

} // namespace voltaic::nodes::site
