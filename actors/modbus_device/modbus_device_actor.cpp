#include "actors/modbus_device/modbus_device_actor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "actors/modbus_device/line_answers.hpp"
#include "actors/runtime/present.hpp"
#include "messages/command_deed.hpp"
#include "messages/event_codes.hpp"
#include "messages/points/catalogue.hpp"

namespace voltaic::actors::modbus_device {
namespace {

using runtime::plane;

/// Tokens of one incarnation never meet the answers to another one's.
constexpr unsigned token_bits = 32;

model checked(const actor_options& options) {
  auto made = model::create(options.model);
  if (!made) throw std::invalid_argument(made.error().text);
  if (!options.write)
    throw std::invalid_argument(fmt::format("{}: has no line to write to", options.model.name));
  return *std::move(made);
}

/// Of a set that was planned: it has one.
double value_of(const messages::command& command) {
  const auto* value = std::get_if<double>(&command.value);
  return value != nullptr ? *value : 0;
}

} // namespace

modbus_device_actor::modbus_device_actor(runtime::context& context, actor_options options)
    : context_(context),
      options_(std::move(options)),
      model_(checked(options_)),
      standing_(context, model_.plan().commands()),
      orders_(model_.plan(), options_.model.profile->lease, options_.unit, options_.write),
      next_token_((std::uint64_t{context.incarnation()} << token_bits) + 1) {
  if (model_.plan().has_order()) context_.listen({}, runtime::kind::order);
  load_commands();
}

void modbus_device_actor::load_commands() {
  for (const auto& each : context_.journal().newest(runtime::command_stream(context_.name()))) {
    auto kept = runtime::decode_command_record(each.body);
    if (!kept) continue;
    // Accepted, and the end is not known: it may have been written.
    if (!kept->done) {
      kept->done = runtime::make_result(kept->command, messages::outcome::unknown,
                                        "the device's actor was restarted while it acted");
      if (const auto planned = model_.plan_set(kept->command))
        standing_.took_formerly(kept->command, planned->command);
      unfinished_.push_back(*kept);
    }
    gate_.restore(kept->command, kept->done, lane_of(kept->command));
  }
}

void modbus_device_actor::advance(runtime::instant now) {
  // A round may be told after a wake that came later.
  if (!time_known_ || now.monotonic_us > now_.monotonic_us) now_ = now;
  time_known_ = true;
  standing_.keep_formerly(now_);
  for (const auto& each : std::exchange(unfinished_, {}))
    keep(each.command, each.done, next_token_++);
  if (!catalogue_said_ || now.monotonic_us - catalogue_said_us_ >= catalogue_period_us) {
    catalogue_said_ = true;
    catalogue_said_us_ = now.monotonic_us;
    context_.say(plane::telemetry, model_.catalogue(), now);
  }
}

void modbus_device_actor::wake(runtime::instant now) {
  advance(now);
  // What feeds a rack lives on its line's time alone.
  if (options_.model.subject.empty()) tell(model_.age(now.monotonic_us), now);
  go_back();
  hold();
}

runtime::condition modbus_device_actor::condition() const {
  switch (model_.state()) {
    case device_state::starting:
      return runtime::condition::waiting;
    case device_state::running:
      return runtime::condition::good;
    case device_state::degraded:
      return runtime::condition::degraded;
    case device_state::backoff:
      return runtime::condition::backoff;
  }
  return runtime::condition::degraded;
}

void modbus_device_actor::receive(const bus::modbus::poll& poll) {
  const bool is_time = poll.answers.empty();
  if ((!is_time && poll.unit != options_.unit) ||
      poll.first_read + poll.answers.size() > model_.plan().read_count())
    return;
  const runtime::instant time{poll.now_us, poll.now_us + poll.utc_offset_us};
  advance(time);
  std::vector<std::string> reasons; // results only refer to them
  for (const auto& each : poll.answers) reasons.push_back(reason_of(each));
  std::vector<read_result> round;
  for (std::size_t i = 0; i < reasons.size(); ++i)
    round.push_back(as_read_result(poll.answers[i], reasons[i]));
  tell(is_time ? model_.age(poll.now_us) : model_.apply(poll.first_read, round, poll.now_us), time);
  tell_state();
  tell_notices(poll, time);
  if (!options_.model.subject.empty())
    context_.say(plane::local, messages::tick{poll.now_us, poll.utc_offset_us}, time);
}

// Of the line, told by whichever of its devices hears it.
void modbus_device_actor::tell_notices(const bus::modbus::poll& poll, runtime::instant time) {
  for (const auto& notice : poll.notices) {
    messages::event event;
    event.kind = "system";
    event.subject = notice.line;
    event.state = notice.state;
    event.reason = notice.reason;
    if (notice.state.starts_with("crc")) event.code = messages::event_codes::modbus_checksum;
    context_.record(std::move(event), time);
  }
}

void modbus_device_actor::tell(std::optional<messages::telemetry> telemetry,
                               runtime::instant time) {
  if (telemetry) context_.say(plane::telemetry, *std::move(telemetry), time);
}

void modbus_device_actor::tell_state() {
  if (std::exchange(told_state_, model_.state()) == model_.state()) return;
  messages::event event;
  event.kind = "system";
  event.subject = context_.name();
  event.state = to_string(model_.state());
  event.reason = model_.state_reason();
  if (model_.state() != device_state::running)
    event.code = model_.is_refusing() ? messages::event_codes::modbus_exception
                                      : messages::event_codes::modbus_timeout;
  context_.record(std::move(event), now_);
}

void modbus_device_actor::receive(const messages::message& message) {
  if (const auto* order = std::get_if<messages::order>(&message.payload)) {
    const runtime::timed_order given{*order, message.header.time.monotonic_us};
    const auto present_us = runtime::present(context_, now_).monotonic_us;
    if (order->device == context_.name() && orders_.obey(given, present_us, next_token_))
      ++next_token_;
    return;
  }
  const auto* command = std::get_if<messages::command>(&message.payload);
  if (command != nullptr && command->target == context_.name()) handle(*command);
}

void modbus_device_actor::handle(const messages::command& command) {
  if (!time_known_) {
    context_.send(runtime::make_result(command, messages::outcome::rejected, "not ready yet"),
                  now_);
    return;
  }
  if (command.operation == beat_operation) return beat(command);
  auto judged = gate_.judge(command, now_.utc_us, lane_of(command));
  if (judged.verdict == runtime::gate_verdict::answer)
    context_.send(std::move(judged.answer), now_);
  if (judged.verdict != runtime::gate_verdict::act) return;
  auto planned = model_.plan_set(command);
  if (!planned) {
    conclude(runtime::make_result(command, messages::outcome::rejected, planned.error().text),
             command);
    return;
  }
  if (auto refused = standing_.refusal(command, planned->command, value_of(command), {})) {
    conclude(runtime::make_result(command, messages::outcome::rejected, *std::move(refused)),
             command);
    return;
  }
  // First the journal, then the device: after a crash the key is still known.
  const auto token = next_token_++;
  pending_.emplace(token, pending_set{command, *std::move(planned), false});
  keep(command, std::nullopt, token);
}

void modbus_device_actor::keep(const messages::command& command,
                               const std::optional<messages::result>& done, std::uint64_t token) {
  context_.store({0, runtime::command_stream(context_.name()), command.key, now_.utc_us,
                  runtime::encode_command_record({command, done})},
                 token);
}

void modbus_device_actor::stored(std::uint64_t token, const bus::storage::append_result& result) {
  const auto found = pending_.find(token);
  if (found == pending_.end()) return; // of a result: nothing waits for it
  if (result.status == bus::storage::append_status::durable && is_needless(found->second)) {
    const auto held = std::move(found->second);
    pending_.erase(found);
    return conclude_held(held);
  }
  auto refused = result.status == bus::storage::append_status::durable
                     ? write(token, found->second)
                     : fmt::format("the command cannot be kept: {}", result.reason);
  if (!refused) return;
  const auto done = std::move(found->second);
  pending_.erase(found);
  conclude(runtime::make_result(done.command, messages::outcome::rejected, *std::move(refused)),
           done.command);
}

void modbus_device_actor::beat(const messages::command& command) {
  const auto refuse = [&](messages::outcome how, std::string reason) {
    context_.send(runtime::make_result(command, how, std::move(reason)), now_);
  };
  if (auto denied = messages::refusal_of_role(command))
    return refuse(messages::outcome::rejected, *std::move(denied));
  if (command.deadline_utc_us <= now_.utc_us)
    return refuse(messages::outcome::expired, "its deadline is over");
  auto planned = model_.plan_set(command);
  if (!planned) return refuse(messages::outcome::rejected, planned.error().text);
  // One at a time: what piles up would tell of a life that is over.
  const auto until_us = now_.monotonic_us + (command.deadline_utc_us - now_.utc_us);
  if (beat_ && beat_->second.command.deadline_utc_us > now_.utc_us)
    return refuse(messages::outcome::rejected, "the one before is on its way");
  const auto token = next_token_++;
  if (!options_.write(
          {token, options_.unit, planned->write.address, planned->write.registers, until_us}))
    return refuse(messages::outcome::rejected, "too many writes wait for the device's line");
  beat_ = {token, pending_set{command, *std::move(planned), true}};
}

bool modbus_device_actor::is_beat(const bus::modbus::write_answer& answer) {
  if (!beat_ || beat_->first != answer.token) return false;
  const auto done = std::move(beat_->second);
  beat_.reset();
  tell(model_.take_read_back(done.planned, answer.read_back, answer.time_us), now_);
  context_.send(model_.judge(done.command, done.planned, as_write_result(answer)), now_);
  return true;
}

std::string modbus_device_actor::lane_of(const messages::command& command) const {
  const auto planned = model_.plan_set(command);
  return planned ? fmt::format("set {}", planned->command) : std::string();
}

bool modbus_device_actor::is_needless(const pending_set& what) const {
  const auto set = what.planned.command;
  const auto said = model_.read(model_.plan().commands()[set].read_back);
  const bool is_alone = std::ranges::none_of(pending_, [&](const auto& each) {
    return each.second.is_on_its_way && each.second.planned.command == set;
  });
  return is_alone && what.command.deadline_utc_us > now_.utc_us &&
         said.quality == messages::quality::good &&
         !standing_.refusal(what.command, set, value_of(what.command), {}) &&
         standing_.is_held(set, value_of(what.command),
                           runtime::reported_value{said.value, said.time_us});
}

void modbus_device_actor::conclude_held(const pending_set& what) {
  const auto& rule = model_.plan().commands()[what.planned.command];
  auto done = runtime::make_result(what.command, messages::outcome::done, {});
  done.requested = what.planned.requested;
  done.read_back = messages::points::number_text(model_.read(rule.read_back).value, rule.decimals);
  standing_.took(what.command, what.planned.command, done.outcome, now_);
  conclude(done, what.command);
}

std::optional<std::string> modbus_device_actor::write(std::uint64_t token, pending_set& what) {
  const auto& [command, planned, is_on_its_way] = what;
  std::vector<double> on_their_way;
  for (const auto& [other, each] : pending_)
    if (each.is_on_its_way && each.planned.command == planned.command &&
        each.command.deadline_utc_us >= now_.utc_us)
      on_their_way.push_back(value_of(each.command));
  // What is in force may have changed since it came.
  if (auto refused = standing_.refusal(command, planned.command, value_of(command), on_their_way))
    return refused;
  if (!options_.write({token, options_.unit, planned.write.address, planned.write.registers,
                       now_.monotonic_us + (command.deadline_utc_us - now_.utc_us)}))
    return "too many writes wait for the device's line";
  what.is_on_its_way = true;
  return std::nullopt;
}

void modbus_device_actor::receive(const bus::modbus::write_answer& answer) {
  if (orders_.take(answer) || is_beat(answer)) return;
  const auto found = pending_.find(answer.token);
  if (found == pending_.end()) return judge_reversion(answer);
  const auto done = std::move(found->second);
  pending_.erase(found);
  const auto result = model_.judge(done.command, done.planned, as_write_result(answer));
  // Whoever asked sees it at once, not with the next poll.
  tell(model_.take_read_back(done.planned, answer.read_back, answer.time_us), now_);
  standing_.took(done.command, done.planned.command, result.outcome, now_);
  conclude(result, done.command);
}

void modbus_device_actor::judge_reversion(const bus::modbus::write_answer& answer) {
  const auto found = reversions_.find(answer.token);
  if (found == reversions_.end()) return;
  const auto result = model_.judge({}, found->second.planned, as_write_result(answer));
  // Whatever else became of it: it is written again when its time is over.
  if (result.outcome != messages::outcome::done) return;
  standing_.went_back(found->second.what, now_);
  reversions_.erase(found);
}

bool modbus_device_actor::is_awaited(std::uint16_t set) const {
  return std::ranges::any_of(reversions_,
                             [&](const auto& each) { return each.second.what.set == set; }) ||
         std::ranges::any_of(pending_, [&](const auto& each) {
           return each.second.planned.command == set &&
                  each.second.command.deadline_utc_us >= now_.utc_us;
         });
}

void modbus_device_actor::go_back() {
  std::erase_if(reversions_, [&](const auto& each) {
    return now_.monotonic_us - each.second.written_us >= go_back_period_us;
  });
  for (const auto& next : standing_.due(now_)) {
    // What was asked for meanwhile goes first, and may make it needless.
    if (is_awaited(next.set)) continue;
    auto planned = model_.plan_value(next.set, next.value);
    if (!planned) continue;
    const auto token = next_token_++;
    if (!options_.write({token, options_.unit, planned->write.address, planned->write.registers,
                         now_.monotonic_us + go_back_period_us}))
      continue;
    reversions_.emplace(token, reversion{next, *std::move(planned), now_.monotonic_us});
  }
}

void modbus_device_actor::hold() {
  const auto commands = model_.plan().commands();
  for (std::size_t set = 0; set < commands.size(); ++set) {
    const auto which = static_cast<std::uint16_t>(set);
    if (commands[set].purpose != messages::profiles::command_purpose::set || is_awaited(which))
      continue;
    const auto known = model_.read(commands[set].read_back);
    std::optional<runtime::reported_value> reported;
    if (known.quality == messages::quality::good) reported = {known.value, known.time_us};
    const auto again = standing_.look(which, reported, now_);
    if (!again) continue;
    const auto planned = model_.plan_value(which, again->value);
    if (!planned) continue;
    const auto worthless_us = now_.monotonic_us + go_back_period_us;
    const bool is_queued = options_.write(
        {next_token_++, options_.unit, planned->write.address, planned->write.registers,
         std::min(worthless_us, again->until_us.value_or(worthless_us))});
    // Whether it was taken is seen by what the device reports afterwards.
    if (is_queued) standing_.wrote(*again, now_);
  }
}

void modbus_device_actor::conclude(const messages::result& done, const messages::command& command) {
  keep(command, done, next_token_++);
  for (auto& each : gate_.conclude(done)) context_.send(std::move(each), now_);
}

} // namespace voltaic::actors::modbus_device
