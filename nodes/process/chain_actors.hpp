#pragma once

#include <functional>
#include <memory>

#include "actors/runtime/actor.hpp"
#include "nodes/process/actor_kinds.hpp"

/// How the actors of a chain are made that go by a rack's configuration: at each of their starts
/// by what was approved last, which the node's journal knows.
namespace voltaic::nodes::process {

using actor_factory =
    std::function<std::unique_ptr<actors::runtime::actor>(actors::runtime::context&)>;

[[nodiscard]] actor_factory make_protection(const actor_setup& setup);
/// Of a second evaluator, which goes by the same configuration.
[[nodiscard]] actor_factory make_evaluator(const actor_setup& setup);
[[nodiscard]] actor_factory make_contactor(const actor_setup& setup);

} // namespace voltaic::nodes::process
