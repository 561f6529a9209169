#pragma once

#include <functional>

#include "actors/can_device/set_commands.hpp"
#include "actors/runtime/engine.hpp"
#include "bus/modbus/line.hpp"
#include "messages/expected.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// What an actor is made from: its part of the plan and its way out to the field.
struct actor_setup {
  const site::plan& plan;
  const site::actor& actor;
  actors::can_device::frame_sender send;                 ///< of its bus; empty without one
  std::function<bool(bus::modbus::write_request)> write; ///< of its line; empty without one
};

/// How the actor of a plan is made. Fails on a kind that no node can run.
[[nodiscard]] messages::expected<actors::runtime::child_spec> make_child(const actor_setup& setup);

} // namespace voltaic::nodes::process
