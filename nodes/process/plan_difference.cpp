#include "nodes/process/plan_difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "messages/configuration/compare.hpp"
#include "messages/inverter/compatibility.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/protection/table.hpp"
#include "nodes/site/configuration.hpp"

namespace voltaic::nodes::process {

namespace {

using messages::configuration::rack_configuration;

using site::plan;

// Load is a figure of the whole bus: a rack more does not change the bus.
bool same(const site::can_bus& a, const site::can_bus& b) {
  auto other = b;
  other.load_percent = a.load_percent;
  return a == other;
}

bool same(const site::device& a, const site::device& b) {
  return a.profile_path == b.profile_path && a.profile_hash == b.profile_hash && a.bus == b.bus &&
         a.line == b.line && a.id_offset == b.id_offset && a.id_map == b.id_map &&
         a.unit == b.unit && a.min_gap_ms == b.min_gap_ms && a.simulate == b.simulate &&
         a.rack == b.rack;
}

// A table is the protection file's and what the site file says instead.
bool same(const std::shared_ptr<const messages::protection::table>& a,
          const std::shared_ptr<const messages::protection::table>& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

bool same(const site::rack& a, const site::rack& b) {
  return a.device == b.device && a.protection_path == b.protection_path &&
         a.protection_hash == b.protection_hash && same(a.protection, b.protection) &&
         a.hard_wired_opening == b.hard_wired_opening && a.close_allowed == b.close_allowed &&
         a.second_evaluator == b.second_evaluator && a.dc_bus == b.dc_bus &&
         a.emergency_stop == b.emergency_stop && a.interlock == b.interlock && a.fire == b.fire &&
         a.reset_key == b.reset_key;
}

bool same(const site::digital& a, const site::digital& b) {
  return a == b;
}

bool same_pairs(const site::inverter& a, const site::inverter& b) {
  if (a.pairs == nullptr || b.pairs == nullptr) return a.pairs == b.pairs;
  return *a.pairs == *b.pairs;
}

// The profile is known by its file, the racks by what is said of them elsewhere.
bool same(const site::inverter& a, const site::inverter& b) {
  return a.profile_path == b.profile_path && a.profile_hash == b.profile_hash && a.bus == b.bus &&
         a.device == b.device && a.racks == b.racks && a.manufacturer == b.manufacturer &&
         a.byte_order == b.byte_order && a.current_raw_offset == b.current_raw_offset &&
         a.address == b.address && a.charge_voltage_v == b.charge_voltage_v &&
         a.discharge_voltage_v == b.discharge_voltage_v &&
         a.charge_current_max_a == b.charge_current_max_a &&
         a.discharge_current_max_a == b.discharge_current_max_a && a.fold_back_v == b.fold_back_v &&
         a.discharge_fold_back_v == b.discharge_fold_back_v && a.fallback == b.fallback &&
         a.safety_relay == b.safety_relay && a.measured == b.measured && same_pairs(a, b) &&
         a.simulate == b.simulate;
}

bool same(const site::modbus_line& a, const site::modbus_line& b) {
  auto other = b;
  other.load_percent = a.load_percent;
  return a == other;
}

// Why two lookups of one name differ, if they do.
template <class T>
std::optional<std::string> differs(const T* before, const T* after, const std::string& name) {
  if (before == nullptr || after == nullptr)
    return before == after ? std::nullopt : std::optional(name + " is new or gone");
  if (same(*before, *after)) return std::nullopt;
  return name + " changed";
}

template <class Names>
std::string joined_names(const Names& items) {
  std::string result;
  for (const auto& item : items) result += item.name + " ";
  return result;
}

// What weighs the racks in the system's state of charge.
std::vector<double> capacities(const plan& of) {
  std::vector<double> result;
  for (const auto& rack : of.racks) result.push_back(site::capacity_ah(of, rack));
  return result;
}

// Of an inverter's link, and of what makes one battery of its racks.
std::optional<std::string> inverter_differs(const plan& before, const plan& after,
                                            const std::string& name) {
  if (auto why = differs(before.find_inverter(name), after.find_inverter(name), name)) return why;
  // Whether the group is the whole site, what its racks weigh, what lost ones do.
  if (joined_names(before.racks) != joined_names(after.racks)) return "the racks changed";
  if (capacities(before) != capacities(after)) return "a rack's capacity changed";
  if (!(before.limits == after.limits)) return "the site's [limits] changed";
  return std::nullopt;
}

// What others go by, and protects a rack less, is taken where that rack is known to be open.
std::optional<std::string> waits_for_approval(const plan& before, const plan& after,
                                              const std::string& name) {
  const auto of = [&](const plan& where) -> std::optional<rack_configuration> {
    const auto* rack = where.find_rack(name);
    const auto* device = rack == nullptr ? nullptr : where.find_device(rack->device);
    if (device == nullptr || device->profile == nullptr || rack->protection == nullptr)
      return std::nullopt;
    return site::configuration_of(where, *rack);
  };
  const auto was = of(before);
  const auto is = of(after);
  if (!was || !is) return std::nullopt;
  const auto looser = messages::configuration::compare(*was, *is).to_approve();
  if (looser.empty()) return std::nullopt;
  return fmt::format("{} {}", name, messages::configuration::to_string(looser.front()));
}

// Which link compares the current of a rack.
std::optional<std::string> witness_differs(const plan& before, const plan& after,
                                           const std::string& name) {
  const auto of = [&](const plan& where) {
    const auto* rack = where.find_rack(name);
    const auto* inverter = rack == nullptr ? nullptr : site::current_witness_of(where, *rack);
    return inverter == nullptr ? std::string() : inverter->name;
  };
  if (of(before) == of(after)) return std::nullopt;
  return name + " has its current compared by another inverter, or by none";
}

// Whose voltages and contactors bar the closing of which rack.
std::optional<std::string> joining_differs(const plan& before, const plan& after) {
  for (const auto& is : after.racks) {
    const auto* was = before.find_rack(is.name);
    if (was == nullptr) return is.name + " is new";
    if (was->dc_bus != is.dc_bus) return is.name + " is joined to another DC bus";
    if (was->device != is.device) return is.name + " is fed by another device";
  }
  return std::nullopt;
}

// Who acts on which set, and which of its values are tighter.
std::optional<std::string> hops_differ(const plan& before, const plan& after) {
  const auto commands_of = [](const site::device& of) {
    return of.profile == nullptr ? std::vector<messages::profiles::command>()
                                 : of.profile->commands;
  };
  for (const auto& is : after.devices) {
    const auto* was = before.find_device(is.name);
    if (was == nullptr || commands_of(*was) != commands_of(is))
      return is.name + " takes other commands";
  }
  if (before.inverters.size() != after.inverters.size()) return "its inverters changed";
  for (const auto& is : after.inverters)
    if (auto why = differs(before.find_inverter(is.name), &is, is.name)) return why;
  return std::nullopt;
}

// Then nobody's role is looked up by the site itself.
bool is_owners_alone(const plan& of) {
  return of.folders.group.empty();
}

std::optional<std::string> node_differs(const plan& before, const plan& after,
                                        const site::node& was, const site::node& is) {
  if (!(was == is)) return "its actors or ports changed";
  for (const auto& name : is.buses)
    if (auto why = differs(before.find_bus(name), after.find_bus(name), name)) return why;
  for (const auto& name : is.lines)
    if (auto why = differs(before.find_line(name), after.find_line(name), name)) return why;
  for (const auto& actor : is.actors) {
    const bool is_device =
        actor.kind == site::actor_kind::can_device || actor.kind == site::actor_kind::modbus_device;
    const auto& name = actor.subject;
    if (is_device) {
      if (auto why = differs(before.find_device(name), after.find_device(name), name)) return why;
    } else if (after.find_inverter(name) != nullptr) {
      if (auto why = inverter_differs(before, after, name)) return why;
    } else if (actor.kind == site::actor_kind::digital_io) {
      if (auto why = differs(before.find_digital(name), after.find_digital(name), name)) return why;
    } else if (!name.empty()) {
      if (auto why = differs(before.find_rack(name), after.find_rack(name), name)) return why;
      if (auto why = witness_differs(before, after, name)) return why;
      if (auto why = waits_for_approval(before, after, name)) return why;
    }
  }
  if (is.kind == site::node_kind::relay && before.relay_listen != after.relay_listen)
    return "its endpoint changed";
  if (is.kind == site::node_kind::relay && !is_owners_alone(after) && before.roles != after.roles)
    return "roles changed";
  if (is.kind != site::node_kind::site) return std::nullopt;
  // The dispatcher knows every actor that commands may be for.
  if (before.roles != after.roles) return "roles changed";
  if (joined_names(before.devices) != joined_names(after.devices) ||
      joined_names(before.racks) != joined_names(after.racks) ||
      joined_names(before.digitals) != joined_names(after.digitals))
    return "the site's actors changed";
  if (auto why = joining_differs(before, after)) return why;
  if (auto why = hops_differ(before, after)) return why;
  if (capacities(before) != capacities(after)) return "a rack's capacity changed";
  if (!(before.limits == after.limits)) return "the site's [limits] changed";
  return std::nullopt;
}

std::optional<std::string> simulator_differs(const plan& before, const plan& after,
                                             const std::string& rack_name) {
  if (!(before.simulator == after.simulator)) return "the simulator's settings changed";
  const auto* was = before.find_rack(rack_name);
  const auto* is = after.find_rack(rack_name);
  if (was->device != is->device) return "its device changed";
  return differs(before.find_device(was->device), after.find_device(is->device), is->device);
}

// All equipment is one process, so that a meter sees what the others give.
void compare_equipment(const plan& before, const plan& after, std::vector<change>& changes) {
  const auto was = before.simulated_lines();
  const auto is = after.simulated_lines();
  const auto add = [&](change_kind kind, std::string reason) {
    changes.push_back({kind, part_kind::simulator, std::string(equipment_name), std::move(reason)});
  };
  const auto inverters = [](const plan& of) {
    std::string result;
    for (const auto& item : of.inverters)
      if (item.simulate) result += fmt::format("{} {} {} ", item.name, item.bus, item.profile_hash);
    return result;
  };
  const bool has_been = before.has_simulated_equipment();
  const bool will_be = after.has_simulated_equipment();
  if (!has_been && !will_be) return;
  if (!will_be) return add(change_kind::stop, "no longer in the site file");
  if (!has_been) return add(change_kind::start, "new in the site file");
  if (!(before.simulator == after.simulator))
    return add(change_kind::restart, "the simulator's settings changed");
  if (inverters(before) != inverters(after))
    return add(change_kind::restart, "its inverters changed");
  if (joined_names(was) != joined_names(is)) return add(change_kind::restart, "its lines changed");
  for (const auto& line : is)
    if (auto why = differs(before.find_line(line.name), after.find_line(line.name), line.name))
      return add(change_kind::restart, *std::move(why));
  const auto played = [](const plan& of) {
    std::string result;
    for (const auto& item : of.devices)
      if (!item.simulate.empty())
        result += fmt::format("{} {} {} {} ", item.line, item.unit, item.simulate,
                              item.bus.empty() ? 0 : item.profile_hash);
    return result;
  };
  if (played(before) != played(after)) add(change_kind::restart, "its units changed");
}

// Compares two lists by name; `why` tells how members of both differ.
template <class Items, class Why>
void compare_lists(const Items& before, const Items& after, part_kind part, Why why,
                   std::vector<change>& changes) {
  const auto find = [](const Items& items, const std::string& name) {
    return std::find_if(items.begin(), items.end(),
                        [&](const auto& item) { return item.name == name; });
  };
  for (const auto& item : before)
    if (find(after, item.name) == after.end())
      changes.push_back({change_kind::stop, part, item.name, "no longer in the site file"});
  for (const auto& item : after) {
    const auto was = find(before, item.name);
    if (was == before.end())
      changes.push_back({change_kind::start, part, item.name, "new in the site file"});
    else if (auto reason = why(*was, item))
      changes.push_back({change_kind::restart, part, item.name, *std::move(reason)});
  }
}

// A change moves no contactors of a rack that took no orders and takes none after it.
bool only_watched(const plan& running, const plan& wanted, const site::rack& item) {
  const auto* later = wanted.find_rack(item.name);
  return !running.takes_orders(item) && (later == nullptr || !wanted.takes_orders(*later));
}

void find_touched_racks(const plan& running, const plan& wanted, difference& result) {
  for (const auto& one : result.changes) {
    if (one.kind == change_kind::start) continue;
    for (const auto& rack : running.racks) {
      if (only_watched(running, wanted, rack)) continue;
      const auto* device = running.find_device(rack.device);
      const bool touched =
          (one.part == part_kind::node && rack.node == one.name) ||
          (one.part == part_kind::simulator && rack.name == one.name) ||
          (one.part == part_kind::bus && device != nullptr && device->bus == one.name);
      const auto known =
          std::find(result.racks_touched.begin(), result.racks_touched.end(), rack.name);
      if (touched && known == result.racks_touched.end()) result.racks_touched.push_back(rack.name);
    }
  }
}

std::vector<site::can_bus> virtual_buses(const plan& source) {
  std::vector<site::can_bus> result;
  std::copy_if(source.buses.begin(), source.buses.end(), std::back_inserter(result),
               [](const auto& bus) { return bus.kind == site::bus_kind::virtual_bus; });
  return result;
}

} // namespace

std::string_view to_string(change_kind kind) {
  switch (kind) {
    case change_kind::stop:
      return "stop";
    case change_kind::start:
      return "start";
    case change_kind::restart:
      return "restart";
  }
  return "restart";
}

std::string_view to_string(part_kind kind) {
  switch (kind) {
    case part_kind::bus:
      return "bus";
    case part_kind::simulator:
      return "simulator";
    case part_kind::node:
      return "node";
  }
  return "node";
}

std::vector<site::rack> simulated_racks(const plan& source) {
  std::vector<site::rack> result;
  std::copy_if(source.racks.begin(), source.racks.end(), std::back_inserter(result),
               [&](const auto& rack) {
                 const auto* device = source.find_device(rack.device);
                 const auto* bus = device == nullptr ? nullptr : source.find_bus(device->bus);
                 return bus != nullptr && bus->kind == site::bus_kind::virtual_bus &&
                        device->simulate.empty();
               });
  return result;
}

std::string process_name(part_kind part, const std::string& name) {
  return part == part_kind::node ? name : fmt::format("{} {}", to_string(part), name);
}

void start_failed(difference& what, const site::plan& wanted,
                  const std::vector<std::string>& failed) {
  const auto has_failed = [&](const std::string& process) {
    return std::ranges::find(failed, process) != failed.end();
  };
  const auto look = [&](part_kind part, const std::string& name) {
    if (!has_failed(process_name(part, name))) return;
    const auto known = std::ranges::find_if(
        what.changes, [&](const change& one) { return one.part == part && one.name == name; });
    if (known == what.changes.end())
      what.changes.push_back({change_kind::restart, part, name, "was failed, started again"});
    else
      known->reason += "; was failed, started again";
  };
  for (const auto& bus : wanted.buses) look(part_kind::bus, bus.name);
  for (const auto& rack : wanted.racks) look(part_kind::simulator, rack.name);
  look(part_kind::simulator, std::string(equipment_name));
  for (const auto& node : wanted.nodes) look(part_kind::node, node.name);
  std::erase_if(what.racks_touched, [&](const std::string& name) {
    const auto* rack = wanted.find_rack(name);
    return rack != nullptr && has_failed(rack->node);
  });
}

difference compare(const plan& running, const plan& wanted, bool simulated) {
  difference result;
  if (running.name != wanted.name) result.impossible.push_back("the site's name changed");
  if (running.simulator.present != wanted.simulator.present)
    result.impossible.push_back("[simulator] came or went");
  if (running.folders.group != wanted.folders.group)
    result.impossible.push_back("the group in [site] changed");
  if (simulated) {
    compare_lists(
        virtual_buses(running), virtual_buses(wanted), part_kind::bus,
        [](const auto& was, const auto& is) { return differs(&was, &is, is.name); },
        result.changes);
    compare_lists(
        simulated_racks(running), simulated_racks(wanted), part_kind::simulator,
        [&](const auto&, const auto& is) { return simulator_differs(running, wanted, is.name); },
        result.changes);
    compare_equipment(running, wanted, result.changes);
  }
  compare_lists(
      running.nodes, wanted.nodes, part_kind::node,
      [&](const auto& was, const auto& is) { return node_differs(running, wanted, was, is); },
      result.changes);
  std::stable_sort(result.changes.begin(), result.changes.end(),
                   [](const change& a, const change& b) {
                     const auto rank = [](change_kind k) {
                       return k == change_kind::stop ? 0 : k == change_kind::restart ? 1 : 2;
                     };
                     return rank(a.kind) < rank(b.kind);
                   });
  find_touched_racks(running, wanted, result);
  return result;
}

} // namespace voltaic::nodes::process
