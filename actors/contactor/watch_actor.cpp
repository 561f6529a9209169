#include "actors/contactor/watch_actor.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "actors/contactor/contactor_model.hpp"
#include "actors/contactor/contactor_points.hpp"
#include "actors/contactor/finding_teller.hpp"
#include "messages/command_deed.hpp"
#include "messages/contactor_words.hpp"
#include "messages/reset_words.hpp"
#include "messages/roles.hpp"

namespace voltaic::actors::contactor {

using messages::outcome;
using runtime::plane;

watch_actor::watch_actor(runtime::context& context, watch_actor_options options)
    : context_(context),
      rack_(std::move(options.rack)),
      device_(std::move(options.device)),
      protection_(rack_ + "/protection"),
      model_(options.rules),
      reader_(rack_),
      findings_(open_current_limit_a(options.rated_current_a)),
      memory_(context),
      held_(context.lives_on_recording()),
      commands_(context),
      catalogue_(watch_catalogue_of(rack_, context.name())) {
  for (const auto& each : memory_.latched()) latches_.push_back(each.name);
  context_.listen(device_, runtime::kind::catalogue);
  context_.listen(device_, runtime::kind::telemetry);
  context_.listen(device_, runtime::kind::tick);
  context_.listen(protection_, runtime::kind::permit);
  context_.listen(protection_, runtime::kind::tick);
}

void watch_actor::begin(runtime::instant now) {
  begun_ = true;
  // A journal that was lost stays so for one that can open the rack again.
  if (!memory_.is_lost()) memory_.begin(now);
  context_.say(plane::telemetry, catalogue_, now);
}

void watch_actor::receive(const messages::message& message) {
  const auto& from = message.header.source;
  const auto time = message.header.time;
  if (const auto* permit = std::get_if<messages::permit>(&message.payload)) {
    if (from != protection_) return;
    demanded_ = permit->opening != messages::opening::none;
    step(time);
  } else if (const auto* telemetry = std::get_if<messages::telemetry>(&message.payload)) {
    if (from == device_) reader_.take(*telemetry, time.monotonic_us);
  } else if (const auto* described = std::get_if<messages::catalogue>(&message.payload)) {
    if (from == device_) reader_.learn(*described);
  } else if (std::holds_alternative<messages::tick>(message.payload)) {
    // Protection's time leads, as for a rack that takes orders.
    if (begun_ && from == protection_) step(time);
  } else if (const auto* command = std::get_if<messages::command>(&message.payload)) {
    take(*command);
  }
}

void watch_actor::take(const messages::command& command) {
  const auto refuse = [&](const std::string& why) {
    context_.send(runtime::make_result(command, outcome::rejected, why), context_.now());
  };
  // Nothing acts, so that there is nothing to wait for and nothing to remember.
  if (command.operation != "reset")
    return refuse(fmt::format("{}: {} takes no orders, so nothing here can open or close {}",
                              not_controllable, device_, rack_));
  if (const auto denied = messages::refusal_of_role(command)) return refuse(*denied);
  if (!begun_) return refuse("the rack is not heard yet");
  if (!held_.hold(command, context_.now())) refuse("too many commands wait");
}

void watch_actor::step(runtime::instant now) {
  if (now.monotonic_us < now_.monotonic_us) now = now_;
  now_ = now;
  if (!begun_) begin(now);
  memory_.retry(now);
  for (const auto& command : commands_.due(now)) reset(command);
  for (const auto& command : held_.take(now)) commands_.take(command, now);
  const auto& device = reader_.values_at(now.monotonic_us);
  const auto& said = model_.step(device, demanded_);
  find(device, now);
  if (said.changed) say_event(said, nullptr, now);
  if (said.changed || !state_said_ || now.monotonic_us - state_said_us_ >= state_period_us)
    say_state(said, now);
}

void watch_actor::find(const device_values& device, runtime::instant now) {
  std::optional<bool> is_open;
  const auto shown = model_.last().shown;
  if (shown != messages::contactor_unknown) is_open = shown == "open";
  findings_.observe(is_open, device.current_a, now.monotonic_us);
  say_findings(context_, rack_, findings_, now);
}

void watch_actor::reset(const messages::command& command) {
  const auto locks = messages::lock_right_of(command.role, command.priority);
  if (!latches_.empty() && locks != messages::lock_right::given)
    return commands_.finish(command, outcome::rejected, {std::string(messages::refusal_of(locks))},
                            {}, now_);
  std::vector<std::string> nothing;
  if (latches_.empty()) nothing.emplace_back(messages::nothing_latched);
  for (const auto& name : latches_) memory_.keep({name, false, {}}, now_);
  if (!std::exchange(latches_, {}).empty()) {
    auto told = model_.last();
    told.reason = by_reset;
    say_event(told, &command, now_);
    say_state(told, now_);
  }
  commands_.finish(command, outcome::done, std::move(nothing), {}, now_);
}

void watch_actor::say_event(const watched& said, const messages::command* cause,
                            runtime::instant now) {
  messages::event event;
  event.kind = "contactor";
  event.subject = rack_;
  event.state = said.shown;
  event.reason = said.reason;
  if (cause != nullptr) runtime::attribute(event, *cause);
  context_.record(std::move(event), now);
}

void watch_actor::say_state(const watched& said, runtime::instant now) {
  state_said_us_ = now.monotonic_us;
  auto locks = latches_;
  locks.emplace_back(not_controllable);
  messages::telemetry telemetry;
  telemetry.owner = catalogue_.owner;
  telemetry.fingerprint = catalogue_.fingerprint;
  telemetry.blocks = blocks_of(said.shown, locks, said.shown != "open", now.monotonic_us);
  state_said_ = telemetry;
  context_.say(plane::telemetry, std::move(telemetry), now);
}

void watch_actor::linked() {
  if (state_said_) context_.repeat(*state_said_, now_);
}

void watch_actor::stored(std::uint64_t token, const bus::storage::append_result& result) {
  (void)memory_.stored(token, result, now_); // what was refused is stored again
  commands_.keep(token, result, now_);
}

} // namespace voltaic::actors::contactor
