#include "actors/command/command_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "actors/runtime/bounce.hpp"
#include "actors/runtime/present.hpp"
#include "messages/confirm_close.hpp"
#include "messages/duration_text.hpp"
#include "messages/event_codes.hpp"
#include "messages/points/catalogue.hpp"

namespace voltaic::actors::command {

namespace {

constexpr std::array<const char*, 5> outcome_names{"done", "rejected", "expired", "unknown",
                                                   "accepted"};

constexpr const char* mode_stream = "command_mode";
/// Of a record that nobody waits for.
constexpr std::uint64_t no_token = 0;

messages::catalogue describe() {
  messages::point_description mode;
  mode.name = mode_point;
  mode.channel = "command/Mode";
  mode.raw_type = "text";
  mode.period_ms = static_cast<std::uint32_t>(mode_period_us / messages::us_per_ms);
  mode.category = "operational";
  mode.writable = true;
  auto setpoints = mode;
  setpoints.name = setpoints_point;
  setpoints.channel = "command/Setpoints";
  setpoints.writable = false;
  return messages::points::make_catalogue("command", {std::move(mode), std::move(setpoints)});
}

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
      parallel_(options.dc_buses, options.rack_devices),
      inverters_(options.inverters, options.doubtful_inverters),
      model_(checked(std::move(options))),
      gate_(context, runtime::unfinished::again),
      catalogue_(describe()) {
  load();
  context_.listen("", runtime::kind::event);
  auto sources = parallel_.sources();
  const auto links = inverters_.sources();
  sources.insert(sources.end(), links.begin(), links.end());
  for (const auto& source : sources) {
    context_.listen(source, runtime::kind::catalogue);
    context_.listen(source, runtime::kind::telemetry);
  }
}

void command_actor::load() {
  model_.load_generation(gate_.newest_generation());
  for (const auto& each : gate_.take_former()) {
    if (each.result.outcome == messages::outcome::done) model_.took(each.command, each.utc_us);
  }
  for (const auto& record : context_.journal().newest(mode_stream)) {
    if (const auto mode = command_mode_of(record.body)) model_.switch_to(*mode);
  }
}

void command_actor::receive(const messages::message& message) {
  if (const auto* event = std::get_if<messages::event>(&message.payload)) {
    model_.remember(*event);
    model_.learn(*event);
  } else if (const auto* described = std::get_if<messages::catalogue>(&message.payload)) {
    parallel_.learn(*described);
    inverters_.learn(*described);
  } else if (const auto* said = std::get_if<messages::telemetry>(&message.payload)) {
    const auto said_us = runtime::true_at_us(context_, message.header.time.monotonic_us);
    parallel_.take(*said, said_us);
    inverters_.take(*said, said_us);
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

void command_actor::confirm_close(const messages::command& asked) {
  const auto now = context_.now();
  auto closing = asked;
  closing.operation = "close";
  auto refused = parallel_.refuse(closing, now.monotonic_us);
  for (auto& why : inverters_.refuse(closing, now.monotonic_us)) refused.push_back(std::move(why));
  auto answer = runtime::make_result(
      asked, refused.empty() ? messages::outcome::done : messages::outcome::rejected, {});
  answer.reasons = std::move(refused);
  context_.send(std::move(answer), now);
}

void command_actor::take(const messages::command& asked) {
  if (asked.operation == messages::confirm_close) return confirm_close(asked);
  const auto now = context_.now();
  auto refused = model_.refuse(asked, now.utc_us);
  if (refused.empty()) refused = parallel_.refuse(asked, now.monotonic_us);
  if (refused.empty()) refused = inverters_.refuse(asked, now.monotonic_us);
  if (!refused.empty()) {
    auto result = runtime::make_result(asked, messages::outcome::rejected, {});
    result.reasons = std::move(refused);
    audit(asked, result, now);
    context_.send(std::move(result), now);
    return;
  }
  // Whatever its asker says: what a former life sent on keeps its place among the others.
  auto numbered = asked;
  const auto former = gate_.begun_generation(asked.key);
  numbered.generation = former ? *former : model_.next_generation(now.utc_us);
  gate_.take(numbered, now);
}

void command_actor::stored(std::uint64_t token, const bus::storage::append_result& result) {
  const auto now = context_.now();
  const auto accepted = gate_.stored(token, result, now);
  if (!accepted) return;
  if (dispatcher_model::is_own(*accepted)) return switch_mode(*accepted, now);
  for (auto& hop : model_.forward(*accepted, context_.name())) context_.send(std::move(hop), now);
}

void command_actor::switch_mode(const messages::command& asked, runtime::instant now) {
  const auto word = std::get<std::string>(asked.value);
  const auto mode = command_mode_of(word);
  if (mode && *mode != model_.mode()) {
    model_.switch_to(*mode);
    context_.store({0, mode_stream, std::string(mode_point), now.utc_us, word}, no_token);
    say_mode(now);
  }
  auto done = runtime::make_result(asked, messages::outcome::done, {});
  done.requested = word;
  done.read_back = to_string(model_.mode());
  conclude({asked, std::move(done)});
}

void command_actor::say_mode(runtime::instant now) {
  mode_said_us_ = now.monotonic_us;
  if (!std::exchange(described_, true)) context_.say(runtime::plane::telemetry, catalogue_, now);
  messages::block block;
  block.source_time_us = now.monotonic_us;
  block.quality = messages::quality::good;
  block.values = std::string(to_string(model_.mode()));
  auto setpoints = block;
  setpoints.point = 1;
  setpoints.values = messages::setpoint_text(model_.setpoints(now.utc_us));
  mode_said_ = {catalogue_.owner, catalogue_.fingerprint, {std::move(block), std::move(setpoints)}};
  context_.say(runtime::plane::telemetry, mode_said_, now);
}

void command_actor::linked() {
  if (described_) context_.repeat(mode_said_, context_.now());
}

void command_actor::wake(runtime::instant now) {
  if (!described_ || now.monotonic_us - mode_said_us_ >= mode_period_us) say_mode(now);
  for (const auto& over : model_.expire(now.utc_us)) conclude(over);
}

void command_actor::conclude(const dispatcher_model::finished& over) {
  const auto now = context_.now();
  audit(over.command, over.result, now);
  if (over.result.outcome == messages::outcome::done) {
    if (const auto former = model_.took(over.command, now.utc_us)) {
      messages::event event;
      event.kind = "command";
      event.code = messages::event_codes::owner_change;
      event.subject = over.command.point;
      event.reason = fmt::format("it was held by {}", *former);
      runtime::attribute(event, over.command);
      context_.record(std::move(event), now);
    }
  }
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
  if (result.outcome == messages::outcome::rejected)
    event.code = messages::event_codes::command_refused;
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
