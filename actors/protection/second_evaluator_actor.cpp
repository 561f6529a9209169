#include "actors/protection/second_evaluator_actor.hpp"

#include <fmt/format.h>

#include <utility>

#include "actors/protection/second_opinion_model.hpp"
#include "messages/command_deed.hpp"
#include "messages/reset_words.hpp"
#include "messages/roles.hpp"

namespace voltaic::actors::protection {

using messages::outcome;
using runtime::plane;

second_evaluator::second_evaluator(runtime::context& context, second_evaluator_options options)
    : context_(context),
      rack_(options.own.rules.rack),
      configuration_lost_(options.configuration_lost),
      own_(context, std::move(options.own)),
      held_(context.lives_on_recording()),
      commands_(context),
      catalogue_(second_catalogue_of(context.name())) {
  // What the first one latched before there was a second, it latches as well.
  own_.load_latches(is_store_lost(), runtime::latched_by(context.journal(), options.first));
}

void second_evaluator::begin(runtime::instant now) {
  begun_ = true;
  if (is_store_lost()) own_.keep_lost_store(now);
  own_.memory().begin(now);
  context_.say(plane::local, catalogue_, now);
}

void second_evaluator::receive(const messages::message& message) {
  if (const auto news = own_.hear(message, begun_ ? std::optional(now_) : std::nullopt)) {
    step(news->values, news->time);
  } else if (std::holds_alternative<messages::tick>(message.payload)) {
    if (message.header.source == own_.device()) step({}, message.header.time);
  } else if (const auto* command = std::get_if<messages::command>(&message.payload)) {
    hear_command(*command, message.header.time);
  }
}

void second_evaluator::hear_command(const messages::command& command, runtime::instant time) {
  const auto refuse = [&](const std::string& why) {
    context_.send(runtime::make_result(command, outcome::rejected, why), time);
  };
  if (const auto denied = messages::refusal_of_role(command)) return refuse(*denied);
  if (!begun_) return refuse("the rack is not heard yet");
  if (!held_.hold(command, context_.now())) refuse("too many commands wait");
}

void second_evaluator::step(const inputs& news, runtime::instant now) {
  // A message that is older than the last one moves no time.
  if (now.monotonic_us < now_.monotonic_us) now = now_;
  now_ = now;
  if (!begun_) begin(now);
  for (const auto& command : commands_.due(now)) act(command);
  for (const auto& command : held_.take(now)) commands_.take(command, now);
  own_.memory().retry(now);
  const auto& said = own_.model().step(news, now);
  own_.hand_on_limits();
  // The permit goes first: opening waits for no disk.
  auto permit = own_.next_permit(said.verdict);
  auto permitted = permit_words(permit);
  if (!permit.reasons.empty()) permitted += ": " + permit.reasons.front();
  context_.say(plane::local, std::move(permit), now);
  own_.keep_latches(said, now);
  const bool changed = said.limits_changed || said.requests != requests_said_ ||
                       permitted != permitted_said_ || said.level != level_said_;
  permitted_said_ = std::move(permitted);
  if (changed || now.monotonic_us - limits_said_us_ >= limits_period_us) say_limits(said, now);
}

void second_evaluator::say_limits(const outputs& said, runtime::instant now) {
  limits_said_us_ = now.monotonic_us;
  requests_said_ = said.requests;
  level_said_ = said.level;
  const told_state told{said.limits, said.level, said.requests, {}, {}, permitted_said_};
  for (auto& each : words_of(rack_, catalogue_, told, now))
    context_.say(plane::local, std::move(each), now);
}

void second_evaluator::act(const messages::command& command) {
  if (command.operation != "reset") {
    return commands_.finish(
        command, outcome::rejected,
        {fmt::format("{} does not know '{}'", context_.name(), command.operation)}, {}, now_);
  }
  auto refused = own_.model().reset(messages::lock_right_of(command.role, command.priority),
                                    own_.is_standby());
  const auto what = refused.empty() ? outcome::done : outcome::rejected;
  if (refused.empty()) {
    own_.keep_latches(own_.model().last(), now_);
    if (own_.model().last().latches.empty()) refused.emplace_back(messages::nothing_latched);
  }
  commands_.finish(command, what, std::move(refused), {}, now_);
}

void second_evaluator::stored(std::uint64_t token, const bus::storage::append_result& result) {
  own_.stored(token, result, now_);
  commands_.keep(token, result, now_);
}

} // namespace voltaic::actors::protection
