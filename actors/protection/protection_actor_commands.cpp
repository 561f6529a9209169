#include <fmt/format.h>

#include <utility>

#include "actors/protection/protection_actor.hpp"
#include "messages/reset_words.hpp"
#include "messages/roles.hpp"

/// What people ask of protection.
namespace voltaic::actors::protection {

void protection_actor::act(const messages::command& command) {
  if (command.operation == "reset") return reset(command);
  if (command.operation == "acknowledge") return acknowledge(command);
  if (command.operation == "shelve" || command.operation == "unshelve") return shelve(command);
  if (command.operation == "approve") return approve(command);
  if (command.operation == "accept") return accept(command);
  commands_.finish(command, messages::outcome::rejected,
                   {fmt::format("{} does not know '{}'", context_.name(), command.operation)}, {},
                   now_);
}

void protection_actor::reset(const messages::command& command) {
  auto refused = own_.model().reset(messages::lock_right_of(command.role, command.priority),
                                    own_.is_standby());
  if (!refused.empty()) {
    return commands_.finish(command, messages::outcome::rejected, std::move(refused), {}, now_);
  }
  const auto& said = own_.model().last();
  refusals nothing;
  if (said.latches.empty()) nothing.emplace_back(messages::nothing_latched);
  tell(said, &command, now_);
  commands_.finish(command, messages::outcome::done, std::move(nothing), {}, now_);
}

void protection_actor::shelve(const messages::command& command) {
  // "rack_0/soc_low": the candidate stands behind the rack.
  const auto candidate = command.point.substr(command.point.find('/') + 1);
  if (candidate == configuration_staged) return shelve_staged(command);
  refusals refused;
  if (command.operation == "unshelve") {
    refused = own_.model().unshelve(candidate);
  } else if (command.reason.empty()) {
    refused = {"who shelves a warning states a reason"};
  } else if (refused = shelving_refusals(command.lease_ms); refused.empty()) {
    refused = own_.model().shelve(
        candidate, static_cast<std::int64_t>(command.lease_ms) * messages::us_per_ms);
  }
  if (!refused.empty()) {
    return commands_.finish(command, messages::outcome::rejected, std::move(refused), {}, now_);
  }
  tell(own_.model().last(), &command, now_);
  commands_.finish(command, messages::outcome::done, {}, {}, now_);
}

// Other rules are taken where nothing flows. What nothing here can open may be open all the same,
// or at rest.
bool protection_actor::takes_rules() const {
  return own_.is_open() || (!own_.model().options().can_open && own_.model().is_at_rest());
}

void protection_actor::shelve_staged(const messages::command& command) {
  refusals refused;
  if (command.operation == "shelve" && command.reason.empty())
    refused = {"who shelves a warning states a reason"};
  else
    refused = configuration_.shelve(command, now_);
  if (!refused.empty())
    return commands_.finish(command, messages::outcome::rejected, std::move(refused), {}, now_);
  events_.remember(configuration_.shelf_event(&command), now_);
  commands_.finish(command, messages::outcome::done, {}, {}, now_);
}

void protection_actor::approve(const messages::command& command) {
  const auto answered = configuration_.approve(command, takes_rules(), now_);
  if (answered) finish_approval(*answered);
}

void protection_actor::accept(const messages::command& command) {
  const auto answered = identity_.accept(command, takes_rules(), now_);
  if (answered) commands_.finish(command, answered->outcome, answered->reasons, {}, now_);
}

void protection_actor::finish_approval(const configuration_keeper::answer& answered) {
  commands_.finish(answered.command, answered.outcome, answered.reasons, {}, now_);
  // Rules are taken where nothing flows and nothing is latched in passing: at a start. A rack
  // that somebody closed meanwhile goes on by the former ones until its next.
  if (answered.is_stored && takes_rules())
    context_.restart("another configuration of its rack was approved");
}

void protection_actor::acknowledge(const messages::command& command) {
  if (events_.acknowledge(command, now_))
    return commands_.finish(command, messages::outcome::done, {}, {}, now_);
  commands_.finish(
      command, messages::outcome::rejected,
      {fmt::format("{} is none of the newest {} events of protection since {} began: what stands "
                   "is told with its id by voltaic events --json",
                   command.point, recent_events_max, context_.name())},
      {}, now_);
}

} // namespace voltaic::actors::protection
