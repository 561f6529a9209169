#include "actors/protection/protection_actor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "actors/protection/plausibility_model.hpp"
#include "actors/runtime/present.hpp"
#include "messages/chain_finding.hpp"
#include "messages/command_deed.hpp"
#include "messages/event_codes.hpp"
#include "messages/roles.hpp"

namespace voltaic::actors::protection {

namespace {

using runtime::plane;

constexpr const char* deadline_reason = "deadline_miss";
constexpr const char* opening_reason = "contactor_opening";
constexpr const char* difference_code = "EVAL_DIFF";

constexpr const char* edge_names[] = {"set", "clear", "latch", "reset", "shelve", "unshelve"};

/// Nothing may flow, for one reason more.
current_limits stopped_limits(const current_limits& wanted, const char* reason) {
  auto none = wanted;
  none.charge_a = none.discharge_a = none.charge_w = none.discharge_w = 0;
  none.add_reason(reason, true, true);
  return none;
}

} // namespace

protection_actor::protection_actor(runtime::context& context, actor_options options)
    : context_(context),
      rack_(options.rules.rack),
      own_(context, {std::move(options.rules), std::move(options.device),
                     std::move(options.equipment), std::move(options.witness)}),
      configuration_(context, rack_, options.configuration),
      identity_(context, rack_, std::move(options.identity), options.configuration.identity,
                options.configuration.is_new),
      held_(context.lives_on_recording()),
      commands_(context),
      catalogue_(catalogue_of(rack_, context.name(), identity_.is_watching())),
      events_(context),
      limits_told_(own_.model().options().charge_current_a,
                   own_.model().options().discharge_current_a),
      evaluator_(std::move(options.second_evaluator)),
      second_(warm_up_us(own_.model().options().derating)) {
  own_.load_latches(is_store_lost());
  if (!evaluator_.empty()) {
    context_.listen(evaluator_, runtime::kind::permit);
    context_.listen(evaluator_, runtime::kind::limits);
    context_.listen(evaluator_, runtime::kind::telemetry);
  }
  context_.listen(own_.contactor(), runtime::kind::event);
}

void protection_actor::begin(runtime::instant now) {
  begun_ = true;
  if (is_store_lost()) own_.keep_lost_store(now);
  // Before the epoch, too: where that is on disk, nothing may close by rules that are not.
  for (auto& told : configuration_.begin(now)) events_.remember(std::move(told), now);
  own_.memory().begin(now);
  context_.say(plane::telemetry, catalogue_, now);
  if (own_.model().unbound().empty()) return;
  messages::event event;
  event.kind = "system";
  event.subject = rack_;
  event.state = "not_bound";
  event.reason = "candidates without an input";
  event.reasons = own_.model().unbound();
  context_.record(std::move(event), now);
}

void protection_actor::receive(const messages::message& message) {
  const auto& from = message.header.source;
  const auto time = message.header.time;
  if (!evaluator_.empty() && from == evaluator_) return hear_second(message);
  if (from == own_.device()) identity_.hear(message);
  if (const auto news = own_.hear(message, begun_ ? std::optional(now_) : std::nullopt)) {
    step(news->values, news->time);
  } else if (const auto* tick = std::get_if<messages::tick>(&message.payload)) {
    if (from == own_.device()) hear_tick(*tick, time);
  } else if (const auto* command = std::get_if<messages::command>(&message.payload)) {
    hear_command(*command, time);
  } else if (const auto* found = std::get_if<messages::event>(&message.payload)) {
    if (from == own_.contactor()) hear_finding(*found);
  }
}

void protection_actor::hear_tick(const messages::tick& tick, runtime::instant time) {
  judge_lateness(time);
  step({}, time);
  context_.say(plane::local, tick, time);
}

void protection_actor::hear_command(const messages::command& command, runtime::instant time) {
  const auto refuse = [&](const std::string& why) {
    context_.send(runtime::make_result(command, messages::outcome::rejected, why), time);
  };
  if (const auto denied = messages::refusal_of_role(command)) return refuse(*denied);
  if (!begun_) return refuse("the rack is not heard yet");
  if (!held_.hold(command, context_.now())) refuse("too many commands wait");
}

void protection_actor::hear_finding(const messages::event& found) {
  if (found.kind != messages::kind_finding) return;
  auto alarm = found;
  alarm.kind = "protection";
  if (alarm.edge == "set") {
    findings_.insert(alarm.candidate);
  } else {
    findings_.erase(alarm.candidate);
  }
  alarm.limits_hash = configuration_.hash();
  events_.remember(std::move(alarm), now_);
}

void protection_actor::hear_second(const messages::message& message) {
  if (const auto* word = std::get_if<messages::permit>(&message.payload)) {
    second_.hear(*word, message.header.time.monotonic_us);
  } else if (const auto* limits = std::get_if<messages::limits>(&message.payload)) {
    second_.hear(*limits, message.header.time.monotonic_us);
  } else if (const auto* said = std::get_if<messages::telemetry>(&message.payload)) {
    second_.hear(requests_in(*said));
  }
}

const second_opinion_model::joined& protection_actor::join_second(const outputs& said,
                                                                  runtime::instant now) {
  const auto& joined = second_.step(said, now.monotonic_us);
  if (second_.turned()) tell_difference(now);
  return joined;
}

void protection_actor::tell_difference(runtime::instant now) {
  messages::event alarm;
  alarm.kind = "protection";
  alarm.subject = rack_;
  alarm.code = difference_code;
  alarm.candidate = evaluator_difference;
  alarm.level = to_string(messages::protection::level::alarm);
  alarm.edge = edge_names[second_.differs() ? 0 : 1];
  if (second_.differs()) {
    alarm.reason = second_.words();
    alarm.actions = {"inhibit_close"};
    findings_.insert(evaluator_difference);
  } else {
    findings_.erase(evaluator_difference);
  }
  alarm.limits_hash = configuration_.hash();
  events_.remember(std::move(alarm), now);
}

void protection_actor::step(const inputs& news, runtime::instant now) {
  // A message that is older than the last one moves no time.
  if (now.monotonic_us < now_.monotonic_us) now = now_;
  now_ = now;
  if (!begun_) begin(now);
  for (const auto& command : commands_.due(now)) act(command);
  for (const auto& command : held_.take(now)) commands_.take(command, now);
  own_.memory().retry(now);
  if (configuration_.end_shelving(now)) events_.remember(configuration_.shelf_event(nullptr), now);
  watch_identity(now);
  const auto& said = own_.model().step(news, now);
  own_.hand_on_limits();
  // The permit goes first: opening waits for no disk.
  say_permit(said.verdict, now);
  tell(said, nullptr, now);
  apply_limits(said, now);
}

void protection_actor::watch_identity(runtime::instant now) {
  for (auto& alarm : identity_.step(now)) {
    if (alarm.candidate == identity_changed && alarm.edge == "set")
      findings_.insert(alarm.candidate);
    else
      findings_.erase(alarm.candidate);
    alarm.limits_hash = configuration_.hash();
    events_.remember(std::move(alarm), now);
  }
}

void protection_actor::apply_limits(const outputs& said, runtime::instant now) {
  const bool is_late = deadlines_.level_now() == deadline_model::level::open;
  // A rack that nobody protects in time carries nothing, nor one that is to be opened.
  const bool is_stopped = is_late || own_.is_opening();
  const auto* joined = evaluator_.empty() ? nullptr : &join_second(said, now);
  const auto& wanted = joined != nullptr ? joined->limits : said.limits;
  const auto& requests = joined != nullptr ? joined->requests : said.requests;
  const bool limits_changed = joined != nullptr ? joined->limits_changed : said.limits_changed;
  const auto stopped = is_stopped
                           ? stopped_limits(wanted, is_late ? deadline_reason : opening_reason)
                           : current_limits();
  const auto& limits = is_stopped ? stopped : wanted;
  const auto level = level_of(said);
  const bool turned = std::exchange(was_stopped_, is_stopped) != is_stopped;
  const bool changed =
      turned || limits_changed || level != level_said_ || requests != requests_said_;
  if (changed || now.monotonic_us - limits_said_us_ >= limits_period_us) {
    say_limits({limits, level, requests, {}}, now);
  }
  // An opening has an event of its own.
  record_limits(is_late ? stopped : wanted, now);
}

std::optional<messages::protection::level> protection_actor::level_of(const outputs& said) const {
  if (findings_.empty()) return said.level;
  return std::max(said.level, std::optional(messages::protection::level::alarm));
}

void protection_actor::judge_lateness(runtime::instant step) {
  const auto present_us = runtime::present(context_, step).monotonic_us;
  const auto before = deadlines_.level_now();
  const auto after = deadlines_.step(present_us, present_us - step.monotonic_us);
  if (after == before) return;
  // What nothing here can open has only its limits taken.
  const auto worst = own_.model().options().can_open ? "deadline_open" : "deadline_stop";
  const std::string_view states[] = {"in_time", "deadline_warning", worst};
  messages::event event;
  event.kind = "system";
  event.subject = rack_;
  event.code = messages::event_codes::deadline_miss;
  event.state = states[static_cast<std::size_t>(after)];
  event.reason =
      fmt::format("{} steps of the last {} s were dealt with over {} ms late", deadlines_.misses(),
                  deadline_window_us / messages::us_per_s, step_deadline_us / messages::us_per_ms);
  context_.record(std::move(event), step);
}

void protection_actor::tell(const outputs& said, const messages::command* cause,
                            runtime::instant now) {
  own_.keep_latches(said, now);
  for (const auto& told : said.reports) {
    auto event = event_of(told);
    if (cause != nullptr) {
      runtime::attribute(event, *cause);
      event.reason = cause->reason;
    }
    if (told.opens_group) event.first_out = messages::first_out_self;
    if (told.in_group) event.first_out = group_;
    const auto sequence = events_.remember(std::move(event), now);
    if (told.opens_group) group_ = sequence;
  }
}

void protection_actor::say_permit(const verdict& word, runtime::instant now) {
  auto said = own_.next_permit(word);
  if (configuration_.bars_closing()) {
    said.close_allowed = false;
    said.reasons.emplace_back(configuration_staged);
  }
  if (const auto* bar = identity_.bar()) {
    said.close_allowed = false;
    said.reasons.emplace_back(bar);
  }
  if (second_.differs()) {
    said.close_allowed = false;
    said.reasons.emplace_back(evaluator_difference);
  }
  if (second_.is_warming_up()) {
    said.close_allowed = false;
    said.reasons.emplace_back(evaluator_warming_up);
  }
  if (deadlines_.level_now() == deadline_model::level::open) {
    said.granted = said.close_allowed = false;
    said.opening = std::max(said.opening, messages::opening::ordered);
    said.reasons.emplace_back(deadline_reason);
  }
  context_.say(plane::local, std::move(said), now);
}

void protection_actor::say_limits(told_state told, runtime::instant now) {
  limits_said_us_ = now.monotonic_us;
  level_said_ = told.level;
  requests_said_ = told.requests;
  told.configuration = configuration_.words(now);
  if (identity_.is_watching()) told.identity = identity_.words();
  limits_said_ = words_of(rack_, catalogue_, told, now);
  for (const auto& each : limits_said_) context_.say(plane::telemetry, each, now);
}

void protection_actor::linked() {
  for (const auto& each : limits_said_) context_.repeat(each, now_);
}

void protection_actor::record_limits(const current_limits& applied, runtime::instant now) {
  auto told = limits_told_.step(applied, now.monotonic_us);
  if (!told) return;
  messages::event event;
  event.kind = "limits";
  event.subject = rack_;
  event.charge_current_a = told->charge_a;
  event.discharge_current_a = told->discharge_a;
  event.reasons = std::move(told->reasons);
  event.charge_voltage_limit_v = told->charge_v;
  event.discharge_voltage_limit_v = told->discharge_v;
  event.charge_power_limit_w = told->charge_w;
  event.discharge_power_limit_w = told->discharge_w;
  context_.record(std::move(event), now);
}

messages::event protection_actor::event_of(const report& told) const {
  const auto& of = own_.model().rows()[told.row];
  messages::event event;
  event.kind = "protection";
  event.subject = rack_;
  event.candidate = of.candidate;
  event.scope = told.scope;
  event.level = to_string(of.limit.level);
  event.edge = edge_names[static_cast<std::size_t>(told.edge)];
  event.value = told.value;
  event.has_value = told.has_value;
  event.unit = of.unit;
  const bool is_ending = told.edge == report::kind::clear || told.edge == report::kind::latch;
  event.threshold = is_ending ? of.limit.clear : of.limit.set;
  event.actions = of.actions;
  event.limits_hash = configuration_.hash();
  if (told.edge == report::kind::set) event.reason = advice_of(of.candidate);
  if (told.edge == report::kind::set && of.candidate == current_implausible &&
      !own_.witness_words().empty())
    event.reason = fmt::format("{}: {}", own_.witness_words(), event.reason);
  if (of.candidate == profile_mismatch) event.code = messages::event_codes::profile_mismatch;
  if (told.edge == report::kind::set && of.candidate == profile_mismatch)
    event.reason = own_.model().misfit_words();
  if (told.edge == report::kind::set && of.trips == trips_max) {
    event.actions.emplace_back("lock");
    event.reason = fmt::format("tripped {} times since the service role reset it", trips_max);
  }
  if (told.others > 0) event.reason = fmt::format("{} more in the same step", told.others);
  return event;
}

void protection_actor::stored(std::uint64_t token, const bus::storage::append_result& result) {
  own_.stored(token, result, now_);
  if (const auto answered = configuration_.stored(token, result, now_)) finish_approval(*answered);
  if (const auto answered = identity_.stored(token, result, now_))
    commands_.finish(answered->command, answered->outcome, answered->reasons, {}, now_);
  commands_.keep(token, result, now_);
}

} // namespace voltaic::actors::protection
