#include "nodes/site/configuration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "messages/configuration/text.hpp"
#include "messages/inverter/compatibility.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/protection/own_candidate.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::nodes::site {
namespace {

using messages::configuration::rack_configuration;

// Whether others are joined to the DC bus of this rack.
bool shares_bus(const plan& of, const rack& item) {
  return !item.dc_bus.empty() && std::ranges::any_of(of.racks, [&](const rack& other) {
    return other.name != item.name && other.dc_bus == item.dc_bus;
  });
}

std::string inverter_text(const inverter& item) {
  const auto wire = wire_options_of(item);
  const bool is_big = wire.order == messages::inverter::byte_order::big;
  return fmt::format("{} {:016x}, {} endian, offset {}, address {}", item.profile->name,
                     item.profile_hash, is_big ? "big" : "little", wire.current_raw_offset,
                     wire.address);
}

std::string match_text(const inverter& item, const messages::profiles::device_profile& battery) {
  using messages::inverter::match;
  if (item.pairs == nullptr) return "not asked";
  switch (messages::inverter::find_match(*item.pairs, {battery.name, battery.version},
                                         {item.profile->name, item.profile->version})) {
    case match::unknown:
      return "unknown";
    case match::awaited:
      return "by what they say";
    case match::compatible:
      return "compatible";
    case match::incompatible:
      return "incompatible";
  }
  return "unknown";
}

void take_inverter(const plan& of, const rack& item, const messages::profiles::device_profile& kind,
                   rack_configuration& into) {
  const auto before = std::ranges::find_if(of.inverters, [&](const inverter& each) {
    return std::ranges::find(each.racks, item.name) != each.racks.end();
  });
  if (before == of.inverters.end() || before->profile == nullptr) return;
  into.inverter = inverter_text(*before);
  into.inverter_match = match_text(*before, kind);
  into.safety_relay = before->safety_relay;
  into.inverter_charge_voltage_v = before->charge_voltage_v.value_or(0);
  into.inverter_discharge_voltage_v = before->discharge_voltage_v.value_or(0);
  into.inverter_charge_current_a = before->charge_current_max_a.value_or(0);
  into.inverter_discharge_current_a = before->discharge_current_max_a.value_or(0);
  into.inverter_fold_back_v = before->fold_back_v.value_or(0);
  into.inverter_discharge_fold_back_v = before->discharge_fold_back_v.value_or(0);
  if (!before->fallback) return;
  into.fallback_charge_current_a = before->fallback->charge_current_a;
  into.fallback_discharge_current_a = before->fallback->discharge_current_a;
  into.fallback_lowest_v = before->fallback->lowest_v;
  into.fallback_highest_v = before->fallback->highest_v;
}

// An input that opens the rack, where a [[digital]] reads it.
void take_input(const plan& of, const std::string& point, std::string& wiring,
                double& debounce_ms) {
  const auto slash = point.find('/');
  const auto* from = of.find_digital(point.substr(0, slash));
  if (from == nullptr || slash == std::string::npos) return;
  const auto found = std::ranges::find(from->inputs, point.substr(slash + 1), &digital_input::name);
  if (found == from->inputs.end()) return;
  const auto place =
      found->line ? fmt::format("{} line {}", from->chip, *found->line) : found->point;
  wiring = fmt::format("{}, normally {}", place, found->normally_closed ? "closed" : "open");
  debounce_ms = found->debounce_ms;
}

// A key at another place, or wired otherwise, is another one.
std::string reset_key_of(const plan& of, const std::string& point) {
  if (point.empty()) return {};
  std::string wiring;
  double debounce_ms = 0;
  take_input(of, point, wiring, debounce_ms);
  return fmt::format("{} ({})", point, wiring);
}

std::string line_port(const modbus_line& line) {
  const bool is_serial = !line.serial.device.empty() && line.host.empty();
  return is_serial ? line.serial.device : fmt::format("{}:{}", line.host, line.port);
}

std::string place_of(const plan& of, const device& item) {
  if (!item.bus.empty()) {
    const auto* bus = of.find_bus(item.bus);
    return fmt::format("{} offset {}", bus == nullptr ? item.bus : bus->uri, item.id_offset);
  }
  const auto* line = of.find_line(item.line);
  return fmt::format("{} unit {}", line == nullptr ? item.line : line_port(*line), item.unit);
}

// What tells it from the others on its bus or line.
std::string address_of(const device& item) {
  if (!item.line.empty()) return fmt::to_string(item.unit);
  if (item.j1939_identity_number) return fmt::format("identity {}", *item.j1939_identity_number);
  if (item.id_map.empty()) return {};
  std::string changes;
  for (const auto& [from, to] : item.id_map)
    changes += fmt::format("{} {}\n", to_text(from), to_text(to));
  return fmt::format("id_map {}", messages::configuration::content_hash(changes));
}

// Who measures the current with which the rack's is compared.
std::string witness_text(const inverter& by) {
  const auto& measured = by.measured;
  if (measured.in_frames) return by.name + " compares the current";
  if (!measured.current.empty())
    return fmt::format("{} compares the current by {}", by.name, measured.current);
  return fmt::format("{} compares the current by {} and {}", by.name, measured.power,
                     measured.voltage);
}

// Devices beside the rack by which it is judged, whose points its candidates name.
std::string judged_equipment(const plan& of, const rack& item,
                             const messages::protection::table& rules) {
  std::set<std::string> told;
  if (const auto* witness = current_witness_of(of, item)) told.insert(witness_text(*witness));
  for (const auto& each : rules.candidates) {
    const auto own = messages::protection::parse_own(each.name);
    if (!own) continue;
    const auto* found = of.find_device(messages::protection::split_point(own->point).device);
    if (found == nullptr || found->profile == nullptr) continue;
    told.insert(fmt::format("{}: {} {} at {}", found->name, found->profile->name,
                            found->profile_content, place_of(of, *found)));
  }
  return fmt::format("{}", fmt::join(told, "; "));
}

void take_site_limits(const site_limits& stated, rack_configuration& into) {
  into.limits_policy = stated.policy;
  into.limits_lost_silent = stated.lost_silent;
  into.limits_lost_invalid = stated.lost_invalid;
  into.limits_hold_ms = stated.hold_ms;
}

} // namespace

messages::configuration::rack_configuration configuration_of(const plan& of, const rack& item) {
  const auto& device = *of.find_device(item.device);
  const auto& profile = *device.profile;
  messages::configuration::rack_configuration made;
  made.profile = profile.name;
  made.profile_content = device.profile_content;
  made.bus = device.bus.empty() ? device.line : device.bus;
  made.address = address_of(device);
  made.id_offset = device.id_offset;
  made.commissioned = profile.commissioned ? 1 : 0;
  made.second_evaluator = item.second_evaluator ? 1 : 0;
  made.shares_bus = shares_bus(of, item) ? 1 : 0;
  if (profile.lease.mode == messages::profiles::lease_mode::device)
    made.lease_ms = profile.lease.timeout_ms;
  if (const auto* bus = of.find_bus(device.bus)) made.port = bus->uri;
  if (const auto* line = of.find_line(device.line)) made.port = line_port(*line);
  made.hard_wired_opening = item.hard_wired_opening;
  made.emergency_stop = item.emergency_stop;
  made.interlock = item.interlock;
  made.fire = item.fire;
  take_input(of, item.emergency_stop, made.emergency_stop_wiring, made.emergency_stop_debounce_ms);
  take_input(of, item.interlock, made.interlock_wiring, made.interlock_debounce_ms);
  take_input(of, item.fire, made.fire_wiring, made.fire_debounce_ms);
  made.reset_key = reset_key_of(of, item.reset_key);
  take_inverter(of, item, profile, made);
  made.equipment = judged_equipment(of, item, *item.protection);
  take_site_limits(of.limits, made);
  if (profile.ratings) {
    made.capacity_ah = profile.ratings->capacity_ah;
    made.charge_current_a = profile.ratings->charge_current_a;
    made.discharge_current_a = profile.ratings->discharge_current_a;
    made.break_current_a = profile.ratings->break_current_a;
    made.precharge_resistance_ohm = profile.ratings->precharge_resistance_ohm;
    made.precharge_energy_j = profile.ratings->precharge_energy_j;
    made.closing_spacing_s = profile.ratings->closing_spacing_s;
  }
  made.limits = *item.protection;
  made.derating = messages::protection::derating_of(profile.derating, made.limits);
  return made;
}

} // namespace voltaic::nodes::site
