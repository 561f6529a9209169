#include "actors/command/command_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "actors/runtime/bounce.hpp"
#include "messages/duration_text.hpp"

namespace voltaic::actors::command {

namespace {

constexpr std::array<const char*, 5> outcome_names{"done", "rejected", "expired", "unknown",
                                                   "accepted"};

dispatcher_options checked(dispatcher_options options) {
  const auto findings = options.validate();
  if (!findings.empty()) {
    throw std::invalid_argument(fmt::format("command: {}", fmt::join(findings, "; ")));
  }
  return options;
}

} // namespace

command_actor::command_actor(runtime::context& context, dispatcher_options options)
    : context_(context),
      model_(checked(std::move(options))),
      gate_(context, runtime::unfinished::again) {
  context_.listen("", runtime::kind::event);
}

void command_actor::receive(const messages::message& message) {
  if (const auto* event = std::get_if<messages::event>(&message.payload)) {
    model_.remember(*event);
    model_.learn(*event);
  } else if (const auto* asked = std::get_if<messages::command>(&message.payload)) {
    take(*asked);
  } else if (const auto* told = std::get_if<messages::result>(&message.payload)) {
    // The way answers for whom it does not reach: this order surely did not go there.
    const bool is_bounced = runtime::is_from_the_way(message.header.source) &&
                            told->outcome == messages::outcome::rejected;
    const auto over =
        model_.take(is_bounced ? model_.explain(*told, gate_.may_have_begun(told->key)) : *told);
    if (over) conclude(*over);
  }
}

void command_actor::take(const messages::command& asked) {
  const auto now = context_.now();
  if (auto refused = model_.refuse(asked); !refused.empty()) {
    auto result = runtime::make_result(asked, messages::outcome::rejected, {});
    result.reasons = std::move(refused);
    audit(asked, result, now);
    context_.send(std::move(result), now);
    return;
  }
  gate_.take(asked, now);
}

void command_actor::stored(std::uint64_t token, const bus::storage::append_result& result) {
  const auto now = context_.now();
  const auto accepted = gate_.stored(token, result, now);
  if (!accepted) return;
  for (auto& hop : model_.forward(*accepted, context_.name())) context_.send(std::move(hop), now);
}

void command_actor::wake(runtime::instant now) {
  for (const auto& over : model_.expire(now.utc_us)) conclude(over);
}

void command_actor::conclude(const dispatcher_model::finished& over) {
  const auto now = context_.now();
  audit(over.command, over.result, now);
  gate_.finish(over.command, over.result, now);
}

void command_actor::audit(const messages::command& asked, const messages::result& result,
                          runtime::instant now) {
  messages::event event;
  event.kind = "command";
  event.subject = asked.point;
  event.scope = asked.operation;
  event.state = outcome_names.at(static_cast<std::size_t>(result.outcome));
  event.reason = asked.reason;
  event.reasons = result.reasons;
  runtime::attribute(event, asked);
  if (const auto* number = std::get_if<double>(&asked.value)) {
    event.value = *number;
    event.has_value = true;
  } else if (const auto* word = std::get_if<std::string>(&asked.value);
             word != nullptr && !word->empty()) {
    event.actions.push_back(*word);
  }
  if (asked.lease_ms > 0) event.actions.push_back("for " + messages::duration_text(asked.lease_ms));
  context_.record(std::move(event), now);
}

} // namespace voltaic::actors::command
