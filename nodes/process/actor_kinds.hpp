#pragma once

#include <functional>
#include <string>
#include <vector>

#include "actors/can_device/set_commands.hpp"
#include "actors/runtime/engine.hpp"
#include "bus/modbus/line.hpp"
#include "messages/configuration/version.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// What an actor is made from: its part of the plan and its way out to the field.
struct actor_setup {
  const site::plan& plan;
  const site::actor& actor;
  actors::can_device::frame_sender send;                 ///< of its bus; empty without one
  std::function<bool(bus::modbus::write_request)> write; ///< of its line; empty without one
  std::function<bool(const std::vector<bool>&)> drive;   ///< of its chip; empty without one
  messages::configuration::kept_elsewhere kept = {};     ///< of racks, in other journals
  std::string machine_boot = {};                         ///< empty: its time is no machine's
};

/// How the actor of a plan is made.
[[nodiscard]] actors::runtime::child_spec make_child(const actor_setup& setup);

/// The ways of a node's actors out to the field, by the name of bus or line.
struct field_access {
  std::function<actors::can_device::frame_sender(const std::string& bus)> sender;
  std::function<std::function<bool(bus::modbus::write_request)>(const std::string& line)> writer;
  /// Of the lines that a [[digital]] drives.
  std::function<std::function<bool(const std::vector<bool>&)>(const std::string& digital)> driver;
  /// Configurations of racks that other nodes' journals keep.
  messages::configuration::kept_elsewhere kept = {};
  std::string machine_boot = {}; ///< which start of the machine the nodes' time counts from
};

/// A node's actors in start order, supervised as they depend on each other: the
/// chain of a rack restarts from the one that ended, whoever stands alone alone.
[[nodiscard]] std::vector<actors::runtime::group_spec> make_groups(const site::plan& plan,
                                                                   const site::node& node,
                                                                   const field_access& field);

/// The racks whose chains live in a node, each with who speaks of it.
[[nodiscard]] std::vector<actors::runtime::captured_rack> captured_racks(const site::plan& plan,
                                                                         const site::node& node);

} // namespace voltaic::nodes::process
