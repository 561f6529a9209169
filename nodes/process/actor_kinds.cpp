#include "nodes/process/actor_kinds.hpp"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "actors/can_device/can_device_actor.hpp"
#include "actors/command/command_actor.hpp"
#include "actors/contactor/contactor_actor.hpp"
#include "actors/modbus_device/modbus_device_actor.hpp"
#include "actors/protection/protection_actor.hpp"
#include "actors/rack/rack_actor.hpp"
#include "actors/system/system_actor.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::nodes::process {
namespace {

using actors::runtime::actor;
using actors::runtime::context;
using factory = std::function<std::unique_ptr<actor>(context&)>;

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
  return [options, send = setup.send](context& with) {
    return std::make_unique<actors::can_device::can_device>(with, options, send);
  };
}

factory make_modbus_device(const actor_setup& setup) {
  const auto& device = *setup.plan.find_device(setup.actor.subject);
  actors::modbus_device::actor_options options;
  options.model.name = device.name;
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

factory make_protection(const actor_setup& setup) {
  const auto& rack = *setup.plan.find_rack(setup.actor.subject);
  const auto profile = setup.plan.find_device(rack.device)->profile;
  actors::protection::actor_options options;
  options.device = rack.device;
  auto& rules = options.rules;
  rules.rack = rack.name;
  rules.table = *rack.protection;
  rules.disabled = setup.plan.disabled_candidates;
  for (std::size_t each = 0; each < actors::protection::measured_count; ++each) {
    const auto found = profile->find_point(actors::protection::measured_points[each].point);
    if (!found) continue;
    const auto& point = profile->points[*found];
    rules.points[each] = {point.count, point.group_size, point.period_ms};
  }
  if (profile->ratings) {
    rules.capacity_ah = profile->ratings->capacity_ah;
    rules.charge_current_a = profile->ratings->charge_current_a;
    rules.discharge_current_a = profile->ratings->discharge_current_a;
  }
  if (const auto limit = profile->find_point("reported_charge_current_limit")) {
    rules.reports_charge_limit = true;
    rules.reported_period_ms = profile->points[*limit].period_ms;
  }
  rules.reports_discharge_limit =
      profile->find_point("reported_discharge_current_limit").has_value();
  return [options](context& with) {
    return std::make_unique<actors::protection::protection_actor>(with, options);
  };
}

factory make_contactor(const actor_setup& setup) {
  const auto& rack = *setup.plan.find_rack(setup.actor.subject);
  const auto profile = setup.plan.find_device(rack.device)->profile;
  actors::contactor::actor_options options;
  options.device = rack.device;
  options.rules.rack = rack.name;
  options.rules.close_permitted = rack.close_allowed;
  if (profile->ratings) {
    options.rules.break_current_a = profile->ratings->break_current_a;
  }
  if (profile->lease.mode == messages::profiles::lease_mode::device) {
    options.rules.lease_us = std::int64_t{profile->lease.timeout_ms} * messages::us_per_ms;
  }
  return [options](context& with) {
    return std::make_unique<actors::contactor::contactor_actor>(with, options);
  };
}

factory make_command(const actor_setup& setup) {
  actors::command::dispatcher_options options;
  for (const auto& device : setup.plan.devices) {
    options.devices.push_back(device.name);
  }
  for (const auto& rack : setup.plan.racks) {
    options.rack_devices[rack.name] = rack.device;
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

factory make_system(const actor_setup& setup) {
  actors::system::actor_options options;
  options.model.name = site::system_actor;
  for (const auto& rack : setup.plan.racks) {
    options.model.racks.push_back({rack.name, site::capacity_ah(setup.plan, rack)});
    for (const auto& source :
         {rack.device, rack.name, rack.name + "/protection", rack.name + "/contactor"}) {
      options.sources.push_back(source);
    }
  }
  for (const auto& node : setup.plan.nodes) options.nodes.push_back(node.name);
  options.model.links = links_of(setup.plan);
  return [options](context& with) {
    return std::make_unique<actors::system::system_actor>(with, options);
  };
}

// Whether the time of an actor's chain is a recording's.
bool is_on_recording(const site::plan& plan, const site::actor& actor) {
  const auto* rack = plan.find_rack(actor.subject);
  const auto* device = plan.find_device(rack != nullptr ? rack->device : actor.subject);
  const auto* bus = device != nullptr ? plan.find_bus(device->bus) : nullptr;
  return bus != nullptr && bus->kind == site::bus_kind::replay;
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
    registration{site::actor_kind::contactor, make_contactor},
    registration{site::actor_kind::command, make_command},
    registration{site::actor_kind::system, make_system},
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
    actor_setup setup{plan, actor, {}, {}};
    std::string rack = actor.subject;
    if (const auto* device = plan.find_device(actor.subject)) {
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

} // namespace voltaic::nodes::process
