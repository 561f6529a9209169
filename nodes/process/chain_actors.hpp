#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/contactor/contactor_options.hpp"
#include "actors/protection/protection_model.hpp"
#include "actors/runtime/actor.hpp"
#include "messages/configuration/rack_configuration.hpp"
#include "nodes/process/actor_kinds.hpp"

/// How the actors of a chain are made that go by a rack's configuration: at each of their starts
/// by what was approved last, which the node's journal knows.
namespace voltaic::nodes::process {

/// What a rack's first evaluator judges by while that configuration holds.
[[nodiscard]] actors::protection::protection_options protection_rules(
    const site::plan& plan, const site::rack& rack,
    const messages::configuration::rack_configuration& holds);
/// The same of its contactor, where it takes orders.
[[nodiscard]] actors::contactor::contactor_options contactor_rules(
    const std::string& rack, const messages::configuration::rack_configuration& holds);

using actor_factory =
    std::function<std::unique_ptr<actors::runtime::actor>(actors::runtime::context&)>;

[[nodiscard]] actor_factory make_protection(const actor_setup& setup);
/// Of a second evaluator, which goes by the same configuration.
[[nodiscard]] actor_factory make_evaluator(const actor_setup& setup);
[[nodiscard]] actor_factory make_contactor(const actor_setup& setup);

} // namespace voltaic::nodes::process
