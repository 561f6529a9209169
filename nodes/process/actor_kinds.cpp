#include "nodes/process/actor_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "actors/can_device/can_device_actor.hpp"
#include "actors/command/command_actor.hpp"
#include "actors/digital_io/digital_io_actor.hpp"
#include "actors/inverter_link/inverter_link_actor.hpp"
#include "actors/modbus_device/modbus_device_actor.hpp"
#include "actors/rack/rack_actor.hpp"
#include "actors/system/system_actor.hpp"
#include "messages/profiles/device_profile.hpp"
#include "nodes/process/chain_actors.hpp"
#include "nodes/site/judge_canopen.hpp"
#include "nodes/site/judge_j1939.hpp"

namespace voltaic::nodes::process {
namespace {

using actors::runtime::actor;
using actors::runtime::context;
using factory = actor_factory;

// Whose points a device's are: its rack's, or its own.
std::string subject_of(const site::device& device) {
  return device.rack.empty() ? device.name : device.rack;
}

factory make_can_device(const actor_setup& setup) {
  const auto& device = *setup.plan.find_device(setup.actor.subject);
  actors::can_device::model_options options;
  options.name = device.name;
  options.subject = subject_of(device);
  options.id_offset = device.id_offset;
  options.profile = device.profile;
  const auto* bus = setup.plan.find_bus(device.bus);
  options.role = {bus == nullptr || !bus->read_only, site::produces_sync(setup.plan, device),
                  site::produces_time(setup.plan, device), site::own_node(setup.plan, device)};
  const auto self = bus == nullptr ? site::j1939_self{} : bus->self;
  options.group_role = {
      options.role.sends,  site::claims_address(setup.plan, device), self.address,
      site::name_of(self), site::is_alone(setup.plan, device),       device.j1939_identity_number};
  return [options, send = setup.send](context& with) {
    return std::make_unique<actors::can_device::can_device>(with, options, send);
  };
}

factory make_modbus_device(const actor_setup& setup) {
  const auto& device = *setup.plan.find_device(setup.actor.subject);
  actors::modbus_device::actor_options options;
  options.model.name = device.name;
  options.model.subject = device.rack;
  options.model.profile = device.profile;
  options.unit = device.unit;
  options.write = setup.write;
  return [options](context& with) {
    return std::make_unique<actors::modbus_device::modbus_device_actor>(with, options);
  };
}

factory make_rack(const actor_setup& setup) {
  const auto& rack = *setup.plan.find_rack(setup.actor.subject);
  actors::rack::model_options options;
  options.name = rack.name;
  options.device = rack.device;
  options.profile = setup.plan.find_device(rack.device)->profile;
  return [options](context& with) {
    return std::make_unique<actors::rack::rack_actor>(with, options);
  };
}

factory make_digital_io(const actor_setup& setup) {
  const auto& item = *setup.plan.find_digital(setup.actor.subject);
  actors::digital_io::actor_options options;
  options.model.name = item.name;
  options.write = setup.drive;
  for (const auto& input : item.inputs)
    options.model.inputs.push_back({input.name, input.normally_closed,
                                    std::int64_t{input.debounce_ms} * messages::us_per_ms,
                                    input.point});
  for (const auto& output : item.outputs)
    options.model.outputs.push_back({output.name, output.safe, output.point, output.follow});
  return [options](context& with) {
    return std::make_unique<actors::digital_io::digital_io_actor>(with, options);
  };
}

factory make_command(const actor_setup& setup) {
  actors::command::dispatcher_options options;
  for (const auto& device : setup.plan.devices) {
    options.devices.push_back(device.name);
    for (const auto& command : device.profile->commands) {
      if (command.channel.empty()) continue;
      options.channels[device.name + "/" + command.channel] = command.point;
      options.sides[device.name + "/" + command.point] = command.side;
    }
  }
  for (const auto& digital : setup.plan.digitals) options.devices.push_back(digital.name);
  for (const auto& rack : setup.plan.racks) {
    options.rack_devices[rack.name] = rack.device;
    if (rack.second_evaluator)
      options.second_evaluators[rack.name] = site::second_evaluator_of(rack);
    if (!rack.dc_bus.empty()) options.dc_buses[rack.name] = rack.dc_bus;
  }
  for (const auto& inverter : setup.plan.inverters) {
    for (const auto& rack : inverter.racks) options.inverters[rack] = inverter.name;
    if (inverter.pairs != nullptr &&
        messages::inverter::may_be_incompatible(*inverter.pairs, inverter.profile->name))
      options.doubtful_inverters.insert(inverter.name);
    for (const auto& each : inverter.profile->writes) {
      const auto point = inverter.device + "/" + each.point;
      options.writers[point] = inverter.name + "/link";
      const auto side = messages::known_tighter(messages::inverter::items[each.item].name);
      if (side) options.sides[point] = *side;
    }
  }
  for (const auto& node : setup.plan.nodes) {
    for (const auto& actor : node.actors) options.nodes[actor.subject] = node.name;
  }
  return [options](context& with) {
    return std::make_unique<actors::command::command_actor>(with, options);
  };
}

std::vector<actors::system::link_options> links_of(const site::plan& plan) {
  using actors::system::link_kind;
  std::vector<actors::system::link_options> links;
  for (const auto& bus : plan.buses) links.push_back({bus.name, link_kind::bus, 0});
  for (const auto& line : plan.lines) {
    const bool has_bauds = line.transport != bus::modbus::transport::tcp;
    links.push_back({line.name, link_kind::line, has_bauds ? line.serial.baud : 0});
  }
  return links;
}

actors::system::limit_rules limit_rules_of(const site::site_limits& stated) {
  using actors::system::limit_policy;
  using actors::system::lost_answer;
  const auto answer_of = [](std::string_view word) {
    if (word == "exclude") return lost_answer::exclude;
    return word == "stop" ? lost_answer::stop : lost_answer::hold;
  };
  actors::system::limit_rules rules;
  rules.policy = stated.policy == "sum" ? limit_policy::sum : limit_policy::smallest_times_active;
  rules.lost = {answer_of(stated.lost_silent), answer_of(stated.lost_invalid),
                std::int64_t{stated.hold_ms} * messages::us_per_ms};
  return rules;
}

void add_rack(const site::plan& plan, const site::rack& rack,
              actors::system::actor_options& options) {
  options.model.racks.push_back({rack.name, site::capacity_ah(plan, rack)});
  for (const auto& source :
       {rack.device, rack.name, rack.name + "/protection", rack.name + "/contactor"})
    options.sources.push_back(source);
}

// The whole site with its links, or the racks behind an inverter.
factory make_system(const actor_setup& setup) {
  const auto& plan = setup.plan;
  actors::system::actor_options options;
  options.model.name = setup.actor.name;
  options.model.limits = limit_rules_of(plan.limits);
  if (const auto* inverter = plan.find_inverter(setup.actor.subject)) {
    for (const auto& name : inverter->racks) add_rack(plan, *plan.find_rack(name), options);
  } else {
    for (const auto& rack : plan.racks) add_rack(plan, rack, options);
    for (const auto& node : plan.nodes) options.nodes.push_back(node.name);
    options.model.links = links_of(plan);
  }
  return [options](context& with) {
    return std::make_unique<actors::system::system_actor>(with, options);
  };
}

// What the battery is, by its first rack: they are of one kind.
void fill_battery(const site::plan& plan, const site::inverter& item,
                  actors::inverter_link::model_options& options) {
  for (const auto& name : item.racks) {
    const auto& rack = *plan.find_rack(name);
    const auto& profile = *plan.find_device(rack.device)->profile;
    options.racks.push_back({name,
                             rack.device,
                             site::capacity_ah(plan, rack),
                             plan.takes_orders(rack),
                             {profile.name, profile.version}});
    options.identity.version = profile.version;
    if (!profile.topology) continue;
    options.identity.cells_per_module = profile.topology->cells_per_module;
    options.identity.cells_in_series =
        profile.topology->modules * profile.topology->cells_per_module;
  }
  options.battery = site::battery_actor(plan, item);
}

// A Modbus inverter can be told no more than its registers take.
void fill_device(const site::plan& plan, const site::inverter& item,
                 actors::inverter_link::model_options& options) {
  const auto* device = plan.find_device(item.device);
  if (device == nullptr) return;
  options.device = item.device;
  for (const auto& command : device->profile->commands)
    options.settable[command.point] = {command.allowed.minimum, command.allowed.maximum,
                                       command.resolution, command.channel};
  for (const auto& each : item.profile->writes) {
    using messages::inverter::item_of;
    const auto known = options.settable.find(each.point);
    if (known == options.settable.end()) continue;
    const auto limit = [&](std::optional<double>& most) {
      most = std::min(most.value_or(known->second.maximum), known->second.maximum);
    };
    if (each.item == item_of("charge_current_limit")) limit(options.charge_current_max_a);
    if (each.item == item_of("discharge_current_limit")) limit(options.discharge_current_max_a);
    if (each.item == item_of("charge_power_limit")) limit(options.charge_power_max_w);
    if (each.item == item_of("discharge_power_limit")) limit(options.discharge_power_max_w);
  }
}

factory make_inverter_link(const actor_setup& setup) {
  const auto& plan = setup.plan;
  const auto& item = *plan.find_inverter(setup.actor.subject);
  actors::inverter_link::actor_options options;
  options.send = setup.send;
  auto& rules = options.model;
  rules.name = item.name;
  rules.profile = item.profile;
  rules.wire = site::wire_options_of(item);
  rules.identity.name = plan.name;
  if (!item.manufacturer.empty()) rules.identity.manufacturer = item.manufacturer;
  rules.charge_voltage_v = item.charge_voltage_v;
  rules.discharge_voltage_v = item.discharge_voltage_v;
  rules.charge_current_max_a = item.charge_current_max_a;
  rules.discharge_current_max_a = item.discharge_current_max_a;
  if (item.fold_back_v) rules.fold_back = {*item.fold_back_v};
  if (item.discharge_fold_back_v) rules.discharge_fold_back = {*item.discharge_fold_back_v};
  if (item.fallback)
    rules.fallback = {item.fallback->charge_current_a, item.fallback->discharge_current_a,
                      item.fallback->lowest_v, item.fallback->highest_v};
  rules.pairs = item.pairs;
  rules.safety_relay = item.safety_relay;
  rules.measured = item.measured;
  fill_battery(plan, item, rules);
  fill_device(plan, item, rules);
  options.sources.push_back(rules.battery);
  options.sources.emplace_back(site::command_actor);
  std::set<std::string> devices{item.device};
  for (const auto* point : {&item.measured.current, &item.measured.power, &item.measured.voltage})
    devices.insert(point->substr(0, point->find('/')));
  devices.erase(std::string());
  options.sources.insert(options.sources.end(), devices.begin(), devices.end());
  for (const auto& name : item.racks)
    for (const auto& source :
         {plan.find_rack(name)->device, name, name + "/protection", name + "/contactor"})
      options.sources.push_back(source);
  return [options](context& with) {
    return std::make_unique<actors::inverter_link::inverter_link_actor>(with, options);
  };
}

bool plays_recording(const site::plan& plan, std::string_view device_name) {
  const auto* device = plan.find_device(device_name);
  const auto* bus = device != nullptr ? plan.find_bus(device->bus) : nullptr;
  return bus != nullptr && bus->kind == site::bus_kind::replay;
}

// Whether the time of an actor's chain, or of one of the racks that it hears, is a recording's.
bool is_on_recording(const site::plan& plan, const site::actor& actor) {
  // A link hears its own racks, and so does its battery.
  const bool may_be_of_inverter =
      actor.kind == site::actor_kind::system || actor.kind == site::actor_kind::inverter_link;
  const auto* inverter = may_be_of_inverter ? plan.find_inverter(actor.subject) : nullptr;
  if (inverter != nullptr)
    return std::ranges::any_of(inverter->racks, [&](const std::string& name) {
      return plays_recording(plan, plan.find_rack(name)->device);
    });
  constexpr std::array hears_racks = {site::actor_kind::system, site::actor_kind::command,
                                      site::actor_kind::digital_io};
  if (std::ranges::find(hears_racks, actor.kind) != hears_racks.end())
    return std::ranges::any_of(
        plan.racks, [&](const site::rack& each) { return plays_recording(plan, each.device); });
  const auto* rack = plan.find_rack(actor.subject);
  return plays_recording(plan, rack != nullptr ? rack->device : actor.subject);
}

struct registration {
  site::actor_kind kind;
  factory (*make)(const actor_setup&);
};

// The one table of what a node can run.
constexpr std::array registrations = {
    registration{site::actor_kind::can_device, make_can_device},
    registration{site::actor_kind::modbus_device, make_modbus_device},
    registration{site::actor_kind::rack, make_rack},
    registration{site::actor_kind::protection, make_protection},
    registration{site::actor_kind::evaluator, make_evaluator},
    registration{site::actor_kind::contactor, make_contactor},
    registration{site::actor_kind::command, make_command},
    registration{site::actor_kind::system, make_system},
    registration{site::actor_kind::inverter_link, make_inverter_link},
    registration{site::actor_kind::digital_io, make_digital_io},
};

} // namespace

actors::runtime::child_spec make_child(const actor_setup& setup) {
  for (const auto& entry : registrations) {
    if (entry.kind != setup.actor.kind) {
      continue;
    }
    return {setup.actor.name, std::string(site::to_string(entry.kind)), entry.make(setup),
            is_on_recording(setup.plan, setup.actor)};
  }
  assert(false && "every kind of actor is in the table");
  return {};
}

std::vector<actors::runtime::group_spec> make_groups(const site::plan& plan, const site::node& node,
                                                     const field_access& field) {
  using actors::runtime::strategy;
  std::vector<actors::runtime::group_spec> groups;
  std::map<std::string, std::size_t> chains;
  for (const auto& actor : node.actors) {
    actor_setup setup{plan, actor, {}, {}, {}, field.kept, field.machine_boot};
    if (actor.kind == site::actor_kind::digital_io && field.driver)
      setup.drive = field.driver(actor.subject);
    std::string rack = actor.subject;
    if (actor.kind == site::actor_kind::inverter_link) {
      const auto& bus = plan.find_inverter(actor.subject)->bus;
      if (!bus.empty()) setup.send = field.sender(bus);
    } else if (const auto* device = plan.find_device(actor.subject)) {
      if (!device->bus.empty()) {
        setup.send = field.sender(device->bus);
      }
      if (!device->line.empty()) {
        setup.write = field.writer(device->line);
      }
      rack = device->rack;
    }
    const bool alone = plan.find_rack(rack) == nullptr;
    auto at = groups.size();
    if (!alone) {
      at = chains.try_emplace(rack, at).first->second;
    }
    if (at == groups.size()) {
      groups.push_back({alone ? strategy::one_for_one : strategy::rest_for_one, {}});
    }
    groups[at].children.push_back(make_child(setup));
  }
  return groups;
}

std::vector<actors::runtime::captured_rack> captured_racks(const site::plan& plan,
                                                           const site::node& node) {
  std::vector<actors::runtime::captured_rack> racks;
  for (const auto& actor : node.actors) {
    if (actor.kind != site::actor_kind::protection) continue;
    const auto& rack = *plan.find_rack(actor.subject);
    racks.push_back(
        {rack.name, {rack.device, rack.name, rack.name + "/protection", rack.name + "/contactor"}});
    if (rack.second_evaluator) racks.back().sources.push_back(site::second_evaluator_of(rack));
  }
  return racks;
}

} // namespace voltaic::nodes::process
