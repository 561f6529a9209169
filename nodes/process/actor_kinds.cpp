#include "nodes/process/actor_kinds.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "actors/can_device/can_device_actor.hpp"
#include "actors/modbus_device/modbus_device_actor.hpp"
#include "actors/rack/rack_actor.hpp"

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

struct registration {
  site::actor_kind kind;
  factory (*make)(const actor_setup&);
};

// The one table of what a node can run.
constexpr std::array registrations = {
    registration{site::actor_kind::can_device, make_can_device},
    registration{site::actor_kind::modbus_device, make_modbus_device},
    registration{site::actor_kind::rack, make_rack},
};

} // namespace

messages::expected<actors::runtime::child_spec> make_child(const actor_setup& setup) {
  for (const auto& entry : registrations) {
    if (entry.kind != setup.actor.kind) {
      continue;
    }
    return actors::runtime::child_spec{setup.actor.name, std::string(site::to_string(entry.kind)),
                                       entry.make(setup)};
  }
  return messages::failure{
      fmt::format("{}: no node can run a {}", setup.actor.name, site::to_string(setup.actor.kind))};
}

} // namespace voltaic::nodes::process
