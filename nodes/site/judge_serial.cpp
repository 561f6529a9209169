#include "nodes/site/judge_serial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "messages/profiles/order_renewal.hpp"
#include "nodes/site/draft_parts.hpp"

namespace voltaic::nodes::site {
namespace {

const draft_line& place_of(const draft& source, const modbus_line& line) {
  return *std::ranges::find_if(source.lines,
                               [&](const draft_line& each) { return each.item.name == line.name; });
}

const draft_device& place_of(const draft& source, const std::string& name) {
  return *std::ranges::find_if(source.devices,
                               [&](const draft_device& each) { return each.item.name == name; });
}

// An answer that comes late is nobody else's only where it says whose it is.
void judge_addresses(const draft& source, const plan& result, const modbus_line& line,
                     reporter& report) {
  std::vector<const device*> members;
  for (const auto& item : result.devices)
    if (item.line == line.name) members.push_back(&item);
  if (members.size() < 2) return;
  for (const auto* item : members) {
    if (item->profile == nullptr || !item->profile->framing) continue;
    const auto& places = item->profile->framing->answer;
    if (std::ranges::any_of(places, [](const messages::serial::part& each) {
          return each.kind == messages::serial::part_kind::address;
        }))
      continue;
    report.add(place_of(source, item->name).link_at,
               fmt::format("line: the answers of {} carry no address, so that it is alone on its "
                           "line",
                           item->profile->name));
  }
}

// One that is silent takes the line for a whole timeout, and the orders of the others wait for it.
void judge_orders(const draft& source, const plan& result, const modbus_line& line,
                  reporter& report) {
  for (const auto& item : result.devices) {
    if (item.line != line.name || item.profile == nullptr) continue;
    const auto& lease = item.profile->lease;
    const auto renewal_ms = messages::profiles::line_order_renewal_ms_of(lease);
    if (item.profile->order_command() == nullptr || line.timeout_ms <= renewal_ms) continue;
    report.add(
        place_of(source, line).name_at,
        fmt::format("timeout: {} ms; orders to {} go out every {} ms, and one silent address "
                    "would hold them up for longer",
                    line.timeout_ms, item.name, renewal_ms));
    return;
  }
}

// A simulated line is a pseudo terminal in the site's folder, which its simulator makes.
void judge_serial_port(const draft& source, const plan& result, modbus_line& line,
                       reporter& report) {
  constexpr std::string_view scheme = "virtual:";
  const bool is_virtual = line.serial.device.starts_with(scheme);
  const auto name = line.serial.device.substr(is_virtual ? scheme.size() : 0);
  const auto at = place_of(source, line).name_at;
  bool is_played = false;
  for (const auto& item : result.devices) {
    if (item.line != line.name) continue;
    is_played = is_played || !item.simulate.empty();
    if (item.simulate.empty() || item.simulate == serial_battery) continue;
    report.add(place_of(source, item.name).name_at,
               fmt::format("simulate: on a line of plain RS-485 a {} is played", serial_battery));
  }
  if (is_virtual && !is_name(name))
    report.add(at, fmt::format("port: expected virtual:NAME, found \"{}\"", line.serial.device));
  if (is_played && !is_virtual)
    report.add(at, fmt::format("{}: simulated batteries are on a port virtual:NAME", line.name));
  if (is_virtual) line.serial.device = fmt::format("{}/serial_{}", result.folders.runtime, name);
}

} // namespace

void judge_serial(const draft& source, const plan& result, modbus_line& line, reporter& report) {
  if (line.transport != bus::modbus::transport::framed) return;
  judge_serial_port(source, result, line, report);
  judge_addresses(source, result, line, report);
  judge_orders(source, result, line, report);
}

} // namespace voltaic::nodes::site
