#include "bus/modbus/line_options.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "bus/modbus/stream.hpp"
#include "messages/modbus/pdu.hpp"

namespace voltaic::bus::modbus {
namespace {

bool is_readable(const read_request& request) {
  return request.count > 0 && request.count <= read_registers_max &&
         request.address + request.count <= messages::modbus::address_end;
}

std::string mistake_in_peer(const line_options& options) {
  if (is_serial(options.transport)) {
    if (options.serial.device.empty()) return "a serial line needs a device";
    if (!is_baud(options.serial.baud))
      return fmt::format("{} is no baud rate of a serial port", options.serial.baud);
    if (options.serial.stop_bits < 1 || options.serial.stop_bits > 2)
      return "a serial line has 1 or 2 stop bits";
    return "";
  }
  in_addr ignored{};
  if (::inet_pton(AF_INET, options.host.c_str(), &ignored) != 1)
    return fmt::format("host {} is no IPv4 address in numbers", options.host);
  return "";
}

/// Its reads are questions, each by its number.
std::string mistake_in_dialect(const unit_plan& unit) {
  if (unit.dialect == nullptr) return fmt::format("unit {} has no dialect", unit.unit);
  if (const auto wrong = messages::serial::mistakes_in(unit.dialect->framing); !wrong.empty())
    return fmt::format("unit {}: {}", unit.unit, wrong.front());
  for (const auto& request : unit.reads)
    if (request.address >= unit.dialect->questions.size())
      return fmt::format("unit {} has no question {}", unit.unit, request.address);
  return "";
}

std::string mistake_in_unit(const unit_plan& unit) {
  if (unit.period_ms == 0) return fmt::format("unit {} has no period", unit.unit);
  if (unit.min_gap_ms > min_gap_ms_max)
    return fmt::format("unit {} wants a gap of more than {} ms", unit.unit, min_gap_ms_max);
  for (const auto& request : unit.reads)
    if (!is_readable(request))
      return fmt::format("unit {} reads {} registers at {}; 1 to {} up to 65535 are possible",
                         unit.unit, request.count, request.address, read_registers_max);
  if (unit.guard &&
      (!is_readable(unit.guard->request) || unit.guard->values.size() != unit.guard->request.count))
    return fmt::format("unit {} has a guard that cannot be read", unit.unit);
  return "";
}

} // namespace

std::string mistake_in(const line_options& options) {
  if (auto mistake = mistake_in_peer(options); !mistake.empty()) return mistake;
  if (options.response_timeout_ms < response_timeout_ms_min ||
      options.response_timeout_ms > response_timeout_ms_max)
    return fmt::format("the response timeout must lie within {} and {} ms", response_timeout_ms_min,
                       response_timeout_ms_max);
  if (options.reconnect_min_ms == 0 || options.reconnect_min_ms > options.reconnect_max_ms)
    return "the reconnect times must be positive and in order";
  if (options.probe_min_ms == 0 || options.probe_min_ms > options.probe_max_ms)
    return "the times between probes must be positive and in order";
  for (const auto& unit : options.units)
    if (auto mistake = mistake_in_unit(unit); !mistake.empty()) return mistake;
  if (options.transport != transport::framed) return "";
  for (const auto& unit : options.units)
    if (auto mistake = mistake_in_dialect(unit); !mistake.empty()) return mistake;
  return "";
}

bool may_write(const line_options& options, const write_request& request) {
  if (options.transport == transport::framed) {
    const auto spoken = std::ranges::find(options.units, request.unit, &unit_plan::unit);
    if (spoken == options.units.end()) return false;
    const auto& settings = spoken->dialect->settings;
    return request.address < settings.size() &&
           settings[request.address].value_bytes == request.registers.size();
  }
  const std::size_t end = request.address + request.registers.size();
  return std::ranges::any_of(options.units, [&](const unit_plan& unit) {
    return unit.unit == request.unit &&
           std::ranges::any_of(unit.writable, [&](const register_window& window) {
             return request.address >= window.address &&
                    end <= std::size_t{window.address} + window.count;
           });
  });
}

} // namespace voltaic::bus::modbus
