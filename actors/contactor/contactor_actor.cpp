#include "actors/contactor/contactor_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <utility>

#include "actors/contactor/finding_teller.hpp"
#include "actors/runtime/present.hpp"
#include "messages/command_deed.hpp"
#include "messages/reset_words.hpp"
#include "messages/roles.hpp"

namespace voltaic::actors::contactor {

namespace {

using messages::outcome;
using runtime::plane;

constexpr const char* closed_stream = "contactor";
constexpr const char* noted_as_closed = "closed";
constexpr const char* noted_as_open = "open";
constexpr const char* wear_key_end = "/wear";

contactor_options checked(contactor_options options) {
  const auto findings = options.validate();
  if (!findings.empty()) {
    throw std::invalid_argument(fmt::format("contactor: {}", fmt::join(findings, "; ")));
  }
  return options;
}

} // namespace

contactor_actor::contactor_actor(runtime::context& context, actor_options options)
    : context_(context),
      rack_(options.rules.rack),
      device_(std::move(options.device)),
      protection_(rack_ + "/protection"),
      evaluator_(std::move(options.second_evaluator)),
      model_(checked(options.rules)),
      reader_(rack_),
      inputs_(std::move(options.inputs)),
      key_(context, rack_, inputs_.key_point()),
      findings_(open_current_limit_a(options.rules.rated_current_a)),
      memory_(context),
      held_(context.lives_on_recording()),
      commands_(context),
      gate_(context, rack_, options.asks_before_closing),
      catalogue_(catalogue_of(rack_, context.name())),
      machine_boot_(context.lives_on_recording() ? std::string() : options.machine_boot),
      permit_silence_us_(options.rules.permit_silence_us) {
  std::vector<std::string> latched;
  for (const auto& each : memory_.latched()) latched.push_back(each.name);
  model_.load_latches(latched, memory_.is_lost());
  load_closed();
  load_wear();
  context_.listen(device_, runtime::kind::catalogue);
  context_.listen(device_, runtime::kind::telemetry);
  context_.listen(device_, runtime::kind::tick);
  context_.listen(protection_, runtime::kind::permit);
  context_.listen(protection_, runtime::kind::tick);
  if (!evaluator_.empty()) context_.listen(evaluator_, runtime::kind::permit);
  for (const auto& input : inputs_.inputs()) {
    if (input.source == device_) continue;
    context_.listen(input.source, runtime::kind::catalogue);
    context_.listen(input.source, runtime::kind::telemetry);
  }
}

void contactor_actor::load_closed() {
  for (const auto& record : context_.journal().newest(closed_stream)) {
    if (record.key == context_.name()) noted_closed_ = record.body == noted_as_closed;
  }
  if (noted_closed_) model_.load_closed();
}

// Only for saying why it is open after a restart: nothing waits for it.
void contactor_actor::note_closed(const outputs& said, runtime::instant now) {
  if (model_.state() == state::starting || said.lease == noted_closed_) return;
  noted_closed_ = said.lease;
  context_.store({0, closed_stream, context_.name(), now.utc_us,
                  noted_closed_ ? noted_as_closed : noted_as_open},
                 0);
}

void contactor_actor::load_wear() {
  for (const auto& record : context_.journal().newest(bus::storage::counters_stream)) {
    if (record.key != context_.name() + wear_key_end) continue;
    const auto kept = decode_wear(record.body);
    stored_wear_ = kept.counted;
    stored_heat_share_ = kept.heat_share;
    model_.load_wear(
        kept.counted, kept.heat_share,
        messages::surely_passed_us(kept.stored, {machine_boot_, context_.now().monotonic_us}));
  }
}

void contactor_actor::store_wear(runtime::instant now) {
  const auto heat = model_.heat_share();
  // What is stored cools as well: any rise since is news.
  if (model_.counted() == stored_wear_ && heat <= stored_heat_share_) {
    stored_heat_share_ = heat;
    return;
  }
  stored_wear_ = model_.counted();
  stored_heat_share_ = heat;
  context_.store(
      {0, bus::storage::counters_stream, context_.name() + wear_key_end, now.utc_us,
       encode_wear({stored_wear_, stored_heat_share_, {machine_boot_, now.monotonic_us}})},
      0);
}

void contactor_actor::begin(runtime::instant now) {
  begun_ = true;
  epoch_due_ = true;
  if (memory_.is_lost()) memory_.keep({contactor_weld, true, {}}, now);
  context_.say(plane::telemetry, catalogue_, now);
}

void contactor_actor::begin_epoch(runtime::instant now) {
  if (!memory_.knows_epoch() && reader_.may_tell_epoch()) {
    const auto& accepted = reader_.values_at(now.monotonic_us).accepted_epoch;
    if (!accepted) return;
    memory_.follow(static_cast<std::uint32_t>(*accepted));
  }
  epoch_due_ = false;
  memory_.begin(now);
}

void contactor_actor::receive(const messages::message& message) {
  const auto& from = message.header.source;
  const auto time = message.header.time;
  if (const auto* permit = std::get_if<messages::permit>(&message.payload)) {
    hear_permit(from, *permit, time);
  } else if (const auto* telemetry = std::get_if<messages::telemetry>(&message.payload)) {
    if (from == device_) reader_.take(*telemetry, time.monotonic_us);
    hear_input(*telemetry, time);
  } else if (const auto* described = std::get_if<messages::catalogue>(&message.payload)) {
    if (from == device_) reader_.learn(*described);
    inputs_.learn(*described);
  } else if (std::holds_alternative<messages::tick>(message.payload)) {
    hear_tick(from, time);
  } else if (const auto* command = std::get_if<messages::command>(&message.payload)) {
    hear_command(*command, time);
  } else if (const auto* told = std::get_if<messages::result>(&message.payload)) {
    gate_.take(*told);
    key_.take(*told);
  }
}

void contactor_actor::hear_permit(const std::string& from, const messages::permit& word,
                                  runtime::instant time) {
  if (evaluator_.empty()) {
    if (from == protection_ && model_.take_permit(word, time.monotonic_us)) step(time);
    return;
  }
  if (from != protection_ && from != evaluator_) return;
  const auto who = from == protection_ ? evaluator::first : evaluator::second;
  for (const auto& next : permits_.take(who, word, time))
    if (model_.take_permit(next.word, next.said_us)) step(next.at);
}

// Protection's time leads, where it is the only evaluator. The device's own is only for noticing
// that protection says nothing any more.
void contactor_actor::hear_tick(const std::string& from, runtime::instant time) {
  const auto age_us = time.monotonic_us - now_.monotonic_us;
  const bool leads = from == protection_ && evaluator_.empty();
  if (begun_ && age_us > 0 && (leads || age_us >= permit_silence_us_)) step(time);
}

void contactor_actor::hear_command(const messages::command& command, runtime::instant time) {
  const auto refuse = [&](const std::string& why) {
    context_.send(runtime::make_result(command, outcome::rejected, why), time);
  };
  if (const auto denied = messages::refusal_of_role(command)) return refuse(*denied);
  if (!begun_) return refuse("the rack is not heard yet");
  if (operation_of(command) == "open") return take_open(command);
  if (!held_.hold(command, context_.now())) refuse("too many commands wait");
}

void contactor_actor::hear_input(const messages::telemetry& said, runtime::instant time) {
  if (!inputs_.take(said, runtime::true_at_us(context_, time.monotonic_us))) return;
  look_at_key();
  const auto active = inputs_.active(context_.now().monotonic_us);
  const bool locks = std::ranges::any_of(active, &active_input::locks);
  // Before the chain's first instant there is no step: that one stores what locked.
  if (!begun_) {
    if (locks) model_.take_inputs(active);
    return;
  }
  // One that locks may be gone again before the chain's next instant.
  if (locks || (!active.empty() && model_.lease())) step(now_);
}

void contactor_actor::look_at_key() {
  key_.look(inputs_.key(context_.now().monotonic_us), model_.is_known_open());
}

void contactor_actor::step(runtime::instant now) {
  if (now.monotonic_us < now_.monotonic_us) now = now_;
  now_ = now;
  if (!begun_) begin(now);
  if (epoch_due_) begin_epoch(now);
  if (!runtime::lags(context_, now))
    if (const auto told = gate_.look()) go_on_closing(*told);
  for (const auto& command : commands_.due(now)) act(command);
  for (const auto& command : held_.take(now)) commands_.take(command, now);
  if (auto asked = std::exchange(open_asked_, std::nullopt)) {
    model_.request_open(by_command);
    cause_ = *std::move(asked);
  }
  if (ending_) model_.request_open("stop");
  if (model_.state() == state::pause) judge_next_attempt(now);
  model_.take_inputs(inputs_.active(context_.now().monotonic_us));
  const auto& said =
      model_.step(reader_.values_at(now.monotonic_us), now.monotonic_us, lag_us(now));
  say_order(said, now);
  look_at_key();
  find(now);
  const auto latched = store_latches(now);
  note_closed(said, now);
  if (said.changed) store_wear(now);
  if (said.changed) {
    const bool asked = said.reason == by_command || said.reason == by_reset;
    say_event(said, asked && cause_ ? &*cause_ : nullptr, now);
  }
  say_locks(latched, said, now);
  if (said.changed || model_.joined() != joined_said_ ||
      now.monotonic_us - state_said_us_ >= state_period_us)
    say_state(said, now);
  const auto at = model_.state();
  context_.hold_node(at != state::starting && at != state::open && at != state::fault);
  settle(now);
}

// A chain that keeps up is a function of its stamped input alone.
std::int64_t contactor_actor::lag_us(runtime::instant now) const {
  if (!runtime::lags(context_, now)) return 0;
  return runtime::present(context_, now).monotonic_us - now.monotonic_us;
}

void contactor_actor::find(runtime::instant now) {
  const auto node_us = context_.now().monotonic_us;
  findings_.hear_inputs(inputs_.unreadable(node_us), node_us);
  findings_.hear_key(inputs_.key_point(), inputs_.key(node_us), node_us);
  const auto& device = reader_.values_at(now.monotonic_us);
  findings_.observe(interrupted(device), device.current_a, now.monotonic_us);
  model_.bar_closing(findings_.bar_to_closing());
  say_findings(context_, rack_, findings_, now);
}

void contactor_actor::say_order(const outputs& said, runtime::instant now) {
  context_.say(plane::local,
               messages::order{device_, memory_.epoch(), ++counter_, said.order, said.lease}, now);
}

void contactor_actor::say_event(const outputs& said, const messages::command* cause,
                                runtime::instant now) {
  messages::event event;
  event.kind = "contactor";
  event.subject = rack_;
  event.scope = said.contactor;
  event.state = said.shown;
  event.reason = said.reason;
  if (cause != nullptr) runtime::attribute(event, *cause);
  context_.record(std::move(event), now);
}

void contactor_actor::say_state(const outputs& said, runtime::instant now) {
  state_said_us_ = now.monotonic_us;
  joined_said_ = model_.joined();
  messages::telemetry telemetry;
  telemetry.owner = catalogue_.owner;
  telemetry.fingerprint = catalogue_.fingerprint;
  telemetry.blocks = blocks_of(said.shown, model_.latches(), joined_said_, model_.counted(),
                               model_.close_refusals(), now.monotonic_us);
  state_said_ = telemetry;
  context_.say(plane::telemetry, std::move(telemetry), now);
}

void contactor_actor::linked() {
  if (state_said_) context_.repeat(*state_said_, now_);
}

std::vector<latch_change> contactor_actor::store_latches(runtime::instant now) {
  memory_.retry(now);
  auto changes = model_.take_latch_changes();
  for (const auto& each : changes) memory_.keep({each.name, each.latched, {}}, now);
  return changes;
}

// Nobody finds out what a rack is locked by when somebody wants to close it: what the event of
// this step does not name gets its own.
void contactor_actor::say_locks(const std::vector<latch_change>& changes, const outputs& said,
                                runtime::instant now) {
  for (const auto& each : changes) {
    const bool is_told = said.changed && said.reason == each.name;
    if (!each.latched || is_told || each.name == lease_expired) continue;
    messages::event event;
    event.kind = "contactor";
    event.subject = rack_;
    event.state = said.shown;
    event.reason = each.name;
    event.has_value = each.current_a.has_value();
    event.value = each.current_a.value_or(0);
    if (each.current_a) event.unit = "A";
    context_.record(std::move(event), now);
  }
}

std::string contactor_actor::operation_of(const messages::command& command) {
  if (command.operation != "set") return command.operation;
  const auto* text = std::get_if<std::string>(&command.value);
  if (!text) return {};
  return *text == "closed" ? "close" : *text;
}

void contactor_actor::stored(std::uint64_t token, const bus::storage::append_result& result) {
  (void)memory_.stored(token, result, now_); // what was refused is stored again
  commands_.keep(token, result, now_);
}

void contactor_actor::take_open(const messages::command& command) {
  if (!commands_.take(command, now_)) return;
  open_asked_ = command;
  // Nobody closes it any more who asked for that before. Those that are held are
  // taken first, so that no repetition of theirs acts either.
  const auto closes = [](const messages::command& one) { return operation_of(one) == "close"; };
  for (const auto& earlier : held_.take_kind(closes)) commands_.take(earlier, now_);
  constexpr const char* followed = "a command to open followed";
  commands_.drop(closes, followed, now_);
  // One that is between two attempts is answered when it is open.
  if (const auto asked = gate_.drop(); asked && !closing_)
    commands_.finish(*asked, outcome::rejected, {followed}, {}, now_);
}

void contactor_actor::act(const messages::command& command) {
  const auto operation = operation_of(command);
  if (operation == "close") return close(command);
  if (operation == "open") {
    // Asked for when it came; here only the answer is owed.
    if (opening_) {
      commands_.finish(*opening_, outcome::unknown, {"another command to open followed"}, {}, now_);
    }
    opening_ = command;
    return settle(now_);
  }
  if (operation == "reset") {
    const auto latched = model_.latches().size();
    const bool is_needless = model_.locks().empty() && model_.state() != state::fault;
    auto refused = model_.request_reset(messages::lock_right_of(command.role, command.priority));
    (void)store_latches(now_); // what it let go of
    // Leaving the state `fault` is told by the step; latches of a former life
    // are let go of in any state.
    if (model_.latches().size() != latched && model_.state() != state::fault) {
      outputs told;
      told.shown = duty_of(model_.state()).shown;
      told.reason = by_reset;
      say_event(told, &command, now_);
    }
    const auto what = refused.empty() ? outcome::done : outcome::rejected;
    if (is_needless && refused.empty())
      refused.emplace_back(messages::nothing_latched);
    else if (refused.empty())
      cause_ = command;
    return commands_.finish(command, what, std::move(refused), {}, now_);
  }
  commands_.finish(command, outcome::rejected,
                   {fmt::format("{} does not know '{}'", context_.name(), command.operation)}, {},
                   now_);
}

void contactor_actor::settle(runtime::instant now) {
  const auto at = model_.state();
  const auto shown = std::string(duty_of(at).shown);
  const bool at_rest = at == state::open || at == state::fault;
  if (opening_ && at_rest) {
    const auto what = at == state::open ? outcome::done : outcome::rejected;
    const auto over = *std::exchange(opening_, std::nullopt);
    // It is open, and yet who asked has to know what the opening cost.
    auto reasons = model_.locks();
    if (what != outcome::done) reasons.insert(reasons.begin(), model_.reason());
    commands_.finish(over, what, std::move(reasons), shown, now);
  }
  if (!closing_) return;
  const bool late = closing_->deadline_utc_us <= now.utc_us;
  const bool gave_up = at_rest || is_opening(at);
  if (at != state::closed && !gave_up && !late) return;
  const auto what = at == state::closed ? outcome::done
                    : gave_up           ? outcome::rejected
                                        : outcome::unknown;
  const auto over = *std::exchange(closing_, std::nullopt);
  std::vector<std::string> reasons;
  if (what == outcome::rejected) reasons.push_back(model_.reason());
  reasons.insert(reasons.end(), attempt_refused_.begin(), attempt_refused_.end());
  if (what == outcome::rejected && no_time_) {
    reasons.emplace_back("its deadline leaves no time for another attempt");
  }
  if (what == outcome::unknown) reasons.emplace_back("not finished within its deadline");
  commands_.finish(over, what, std::move(reasons), shown, now);
}

} // namespace voltaic::actors::contactor
