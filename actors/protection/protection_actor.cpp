#include "actors/protection/protection_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>

#include "actors/protection/ladder_model.hpp"
#include "actors/protection/plausibility_model.hpp"
#include "actors/runtime/present.hpp"
#include "messages/command_deed.hpp"
#include "messages/event_codes.hpp"
#include "messages/points/catalogue.hpp"
#include "messages/roles.hpp"

namespace voltaic::actors::protection {

namespace {

using messages::points::computed_point;
using runtime::plane;

constexpr const char* deadline_reason = "deadline_miss";
constexpr const char* opening_reason = "contactor_opening";

protection_options checked(protection_options options) {
  const auto findings = options.validate();
  if (!findings.empty()) {
    throw std::invalid_argument(fmt::format("protection: {}", fmt::join(findings, "; ")));
  }
  return options;
}

// In the order in which they are said.
constexpr std::array<computed_point, 11> described_points = {{
    {"charge_current_limit", "ChargeCurrentLimit", "A", 1},
    {"discharge_current_limit", "DischargeCurrentLimit", "A", 1},
    {"protection_level", "ProtectionLevel", "", 0, "text"},
    {"fan_request", "FanRequest", "", 0, "u16"},
    {"heater_request", "HeaterRequest", "", 0, "u16"},
    {"balance_request", "BalanceRequest", "", 0, "u16"},
    {"charge_voltage_limit", "ChargeVoltageLimit", "V", 1},
    {"discharge_voltage_limit", "DischargeVoltageLimit", "V", 1},
    {"charge_power_limit", "ChargePowerLimit", "W", 0},
    {"discharge_power_limit", "DischargePowerLimit", "W", 0},
    {"configuration", "Configuration", "", 0, "text"},
}};

// "none", or the highest level that is active or latched.
std::string level_text(const outputs& said) {
  return said.level ? std::string(to_string(*said.level)) : "none";
}

messages::block good_block(std::uint16_t position, decltype(messages::block::values) values,
                           runtime::instant now) {
  messages::block block;
  block.point = position;
  block.source_time_us = now.monotonic_us;
  block.quality = quality::good;
  block.values = std::move(values);
  return block;
}

// Without a value where it is not told.
messages::block told_block(std::uint16_t position, const std::optional<double>& value,
                           runtime::instant now) {
  auto block = good_block(position, messages::block::reals{value.value_or(0)}, now);
  if (!value) block.quality = quality::never;
  return block;
}

constexpr const char* edge_names[] = {"set", "clear", "latch", "reset", "shelve", "unshelve"};

runtime::kept_latch latch_of(const row& of) {
  return {of.key,
          of.latched,
          {{"candidate", of.candidate},
           {"level", std::string(to_string(of.limit.level))},
           {"latch", std::string(to_string(of.kept()))},
           {"scope", of.scope},
           {"trips", std::to_string(of.trips)}}};
}

stored_latch stored_as(const runtime::kept_latch& each) {
  const auto detail = [&](const char* key) {
    const auto found = each.details.find(key);
    return found == each.details.end() ? std::string() : found->second;
  };
  const auto text = detail("trips");
  // Records of before trips were counted tell none; what cannot be read counts as all of them.
  std::uint32_t trips = text.empty() ? 0 : trips_max;
  std::from_chars(text.data(), text.data() + text.size(), trips);
  return {detail("candidate"),        detail("level"), detail("latch"), detail("scope"), each.name,
          std::min(trips, trips_max), each.latched};
}

/// Nothing may flow, for one reason more.
current_limits stopped_limits(const current_limits& wanted, const char* reason) {
  auto none = wanted;
  none.charge_a = none.discharge_a = none.charge_w = none.discharge_w = 0;
  none.add_reason(reason, true, true);
  return none;
}

// Latched because nobody knows what else was.
bool is_lost_store(const row& of) {
  return of.latched && of.candidate == latch_store_lost;
}

} // namespace

messages::catalogue catalogue_of(const std::string& rack, const std::string& owner) {
  std::vector<messages::point_description> points;
  for (const auto& each : described_points)
    points.push_back(messages::points::describe(rack, each, limits_period_us));
  return messages::points::make_catalogue(owner, std::move(points));
}

protection_actor::protection_actor(runtime::context& context, actor_options options)
    : context_(context),
      rack_(options.rules.rack),
      device_(std::move(options.device)),
      contactor_(rack_ + "/contactor"),
      model_(checked(std::move(options.rules))),
      reader_(rack_),
      memory_(context),
      configuration_(context, rack_, std::move(options.configuration)),
      held_(context.lives_on_recording()),
      commands_(context),
      catalogue_(catalogue_of(rack_, context.name())),
      limits_told_(model_.options().charge_current_a, model_.options().discharge_current_a) {
  load_latches();
  context_.listen(device_, runtime::kind::catalogue);
  context_.listen(device_, runtime::kind::telemetry);
  context_.listen(device_, runtime::kind::tick);
  context_.listen(contactor_, runtime::kind::telemetry);
  for (auto& each : options.equipment) {
    context_.listen(each, runtime::kind::catalogue);
    context_.listen(each, runtime::kind::telemetry);
    equipment_.emplace_back(std::move(each), speaker::equipment);
  }
}

void protection_actor::load_latches() {
  std::vector<stored_latch> former;
  for (const auto& each : memory_.latched()) former.push_back(stored_as(each));
  for (const auto& each : memory_.released()) former.push_back(stored_as(each));
  model_.load_latches(former, is_store_lost());
}

void protection_actor::begin(runtime::instant now) {
  begun_ = true;
  for (const auto& each : model_.rows()) {
    if (is_store_lost() && is_lost_store(each)) memory_.keep(latch_of(each), now);
  }
  // Before the epoch, too: where that is on disk, nothing may close by rules that are not.
  for (auto& told : configuration_.begin(now)) remember(std::move(told), now);
  memory_.begin(now);
  context_.say(plane::telemetry, catalogue_, now);
  if (model_.unbound().empty()) return;
  messages::event event;
  event.kind = "system";
  event.subject = rack_;
  event.state = "not_bound";
  event.reason = "candidates without an input";
  event.reasons = model_.unbound();
  context_.record(std::move(event), now);
}

void protection_actor::receive(const messages::message& message) {
  const auto& from = message.header.source;
  const auto time = message.header.time;
  hear_equipment(message);
  if (const auto* told = std::get_if<messages::catalogue>(&message.payload)) {
    if (from == device_) reader_.learn(*told, model_.options().points);
  } else if (const auto* telemetry = std::get_if<messages::telemetry>(&message.payload)) {
    if (from == device_) hear(*telemetry, time);
    if (from == contactor_ && !telemetry->blocks.empty()) {
      const auto* text = std::get_if<std::string>(&telemetry->blocks.front().values);
      // What cannot be opened here is not asked to be open before a reset.
      open_ = text && (*text == "open" || *text == "fault");
      standby_ = !model_.options().can_open || open_;
      opening_ = text && *text == "opening";
    }
  } else if (const auto* tick = std::get_if<messages::tick>(&message.payload)) {
    if (from != device_) return;
    judge_lateness(time);
    step({}, time);
    context_.say(plane::local, *tick, time);
  } else if (const auto* command = std::get_if<messages::command>(&message.payload)) {
    const auto refuse = [&](const std::string& why) {
      context_.send(runtime::make_result(*command, messages::outcome::rejected, why), time);
    };
    if (const auto denied = messages::refusal_of_role(*command)) return refuse(*denied);
    if (!begun_) return refuse("the rack is not heard yet");
    if (!held_.hold(*command, context_.now())) refuse("too many commands wait");
  }
}

void protection_actor::hear(const messages::telemetry& said, runtime::instant time) {
  if (reader_.read(said)) step(reader_.news(), time);
}

void protection_actor::hear_equipment(const messages::message& message) {
  const auto found = std::ranges::find(equipment_, message.header.source, &telemetry_reader::owner);
  if (found == equipment_.end()) return;
  if (const auto* told = std::get_if<messages::catalogue>(&message.payload)) {
    found->learn(*told, model_.options().points);
  } else if (const auto* said = std::get_if<messages::telemetry>(&message.payload)) {
    if (begun_ && found->read(*said)) step(found->news(), now_);
  }
}

void protection_actor::step(const inputs& news, runtime::instant now) {
  // A message that is older than the last one moves no time.
  if (now.monotonic_us < now_.monotonic_us) now = now_;
  now_ = now;
  if (!begun_) begin(now);
  for (const auto& command : commands_.due(now)) act(command);
  for (const auto& command : held_.take(now)) commands_.take(command, now);
  memory_.retry(now);
  if (configuration_.end_shelving(now)) remember(configuration_.shelf_event(nullptr), now);
  const auto& said = model_.step(news, now);
  // The permit goes first: opening waits for no disk.
  say_permit(said.verdict, now);
  tell(said, nullptr, now);
  const bool is_late = deadlines_.level_now() == deadline_model::level::open;
  // A rack that nobody protects in time carries nothing, nor one that is to be opened.
  const bool is_stopped = is_late || opening_;
  const auto stopped = is_stopped
                           ? stopped_limits(said.limits, is_late ? deadline_reason : opening_reason)
                           : current_limits();
  const auto& limits = is_stopped ? stopped : said.limits;
  const bool turned = std::exchange(was_stopped_, is_stopped) != is_stopped;
  const bool changed =
      turned || said.limits_changed || said.level != level_said_ || said.requests != requests_said_;
  if (changed || now.monotonic_us - limits_said_us_ >= limits_period_us) {
    say_limits(limits, said, now);
  }
  // An opening has an event of its own.
  record_limits(is_late ? stopped : said.limits, now);
}

void protection_actor::judge_lateness(runtime::instant step) {
  const auto present_us = runtime::present(context_, step).monotonic_us;
  const auto before = deadlines_.level_now();
  const auto after = deadlines_.step(present_us, present_us - step.monotonic_us);
  if (after == before) return;
  // What nothing here can open has only its limits taken.
  const auto worst = model_.options().can_open ? "deadline_open" : "deadline_stop";
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
  for (const auto& change : said.latches) memory_.keep(latch_of(model_.rows()[change.row]), now);
  for (const auto& told : said.reports) {
    auto event = event_of(told);
    if (cause != nullptr) {
      runtime::attribute(event, *cause);
      event.reason = cause->reason;
    }
    if (told.opens_group) event.first_out = messages::first_out_self;
    if (told.in_group) event.first_out = group_;
    const auto sequence = remember(std::move(event), now);
    if (told.opens_group) group_ = sequence;
  }
}

std::uint64_t protection_actor::remember(messages::event event, runtime::instant now) {
  const auto sequence = context_.record(event, now);
  recent_.push_back({sequence, std::move(event)});
  if (recent_.size() > recent_events_max) recent_.pop_front();
  return sequence;
}

void protection_actor::say_permit(const verdict& word, runtime::instant now) {
  messages::permit said;
  said.rack = rack_;
  said.epoch = memory_.epoch();
  said.counter = ++counter_;
  said.granted = word.granted;
  // An epoch that might be given twice fences nobody off.
  said.close_allowed = word.close_allowed && memory_.is_epoch_stored();
  said.opening = word.opening;
  said.locked = word.locked;
  said.reasons = word.reasons;
  if (!memory_.is_epoch_stored()) said.reasons.emplace_back("epoch_not_stored");
  if (configuration_.bars_closing()) {
    said.close_allowed = false;
    said.reasons.emplace_back(configuration_staged);
  }
  if (deadlines_.level_now() == deadline_model::level::open) {
    said.granted = said.close_allowed = false;
    said.opening = std::max(said.opening, messages::opening::ordered);
    said.reasons.emplace_back(deadline_reason);
  }
  context_.say(plane::local, std::move(said), now);
}

void protection_actor::say_limits(const current_limits& applied, const outputs& from,
                                  runtime::instant now) {
  limits_said_us_ = now.monotonic_us;
  level_said_ = from.level;
  requests_said_ = from.requests;
  messages::telemetry said;
  said.owner = catalogue_.owner;
  said.fingerprint = catalogue_.fingerprint;
  using messages::block;
  const auto flag = [](bool on) { return block::words{on ? std::uint16_t{1} : std::uint16_t{0}}; };
  said.blocks = {good_block(0, block::reals{applied.charge_a}, now),
                 good_block(1, block::reals{applied.discharge_a}, now),
                 good_block(2, level_text(from), now),
                 good_block(3, flag(from.requests.fan), now),
                 good_block(4, flag(from.requests.heater), now),
                 good_block(5, flag(from.requests.balance), now),
                 told_block(6, applied.charge_v, now),
                 told_block(7, applied.discharge_v, now),
                 good_block(8, block::reals{applied.charge_w}, now),
                 good_block(9, block::reals{applied.discharge_w}, now),
                 good_block(10, configuration_.words(now), now)};
  limits_said_ = {
      messages::limits{rack_, applied.charge_a, applied.discharge_a, applied.reasons,
                       applied.charge_v, applied.discharge_v, applied.charge_w, applied.discharge_w,
                       applied.charge_reasons, applied.discharge_reasons},
      std::move(said)};
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
  const auto& of = model_.rows()[told.row];
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
  if (told.edge == report::kind::set && of.trips == trips_max) {
    event.actions.emplace_back("lock");
    event.reason = fmt::format("tripped {} times since the service role reset it", trips_max);
  }
  if (told.others > 0) event.reason = fmt::format("{} more in the same step", told.others);
  return event;
}

void protection_actor::stored(std::uint64_t token, const bus::storage::append_result& result) {
  if (!memory_.stored(token, result, now_)) {
    model_.lose_latch_store();
    for (const auto& each : model_.rows()) {
      if (is_lost_store(each)) memory_.keep_later(latch_of(each));
    }
  }
  if (const auto answered = configuration_.stored(token, result, now_)) finish_approval(*answered);
  commands_.keep(token, result, now_);
}

void protection_actor::act(const messages::command& command) {
  if (command.operation == "reset") return reset(command);
  if (command.operation == "acknowledge") return acknowledge(command);
  if (command.operation == "shelve" || command.operation == "unshelve") return shelve(command);
  if (command.operation == "approve") return approve(command);
  commands_.finish(command, messages::outcome::rejected,
                   {fmt::format("{} does not know '{}'", context_.name(), command.operation)}, {},
                   now_);
}

void protection_actor::reset(const messages::command& command) {
  auto refused = model_.reset(messages::lock_right_of(command.role, command.priority), standby_);
  if (!refused.empty()) {
    return commands_.finish(command, messages::outcome::rejected, std::move(refused), {}, now_);
  }
  tell(model_.last(), &command, now_);
  commands_.finish(command, messages::outcome::done, {}, {}, now_);
}

void protection_actor::shelve(const messages::command& command) {
  // "rack_0/soc_low": the candidate stands behind the rack.
  const auto candidate = command.point.substr(command.point.find('/') + 1);
  if (candidate == configuration_staged) return shelve_staged(command);
  refusals refused;
  if (command.operation == "unshelve") {
    refused = model_.unshelve(candidate);
  } else if (command.reason.empty()) {
    refused = {"who shelves a warning states a reason"};
  } else if (refused = shelving_refusals(command.lease_ms); refused.empty()) {
    refused =
        model_.shelve(candidate, static_cast<std::int64_t>(command.lease_ms) * messages::us_per_ms);
  }
  if (!refused.empty()) {
    return commands_.finish(command, messages::outcome::rejected, std::move(refused), {}, now_);
  }
  tell(model_.last(), &command, now_);
  commands_.finish(command, messages::outcome::done, {}, {}, now_);
}

// Other rules are taken where nothing flows. What nothing here can open may be open all the same,
// or at rest.
bool protection_actor::takes_rules() const {
  return open_ || (!model_.options().can_open && model_.is_at_rest());
}

void protection_actor::shelve_staged(const messages::command& command) {
  refusals refused;
  if (command.operation == "shelve" && command.reason.empty())
    refused = {"who shelves a warning states a reason"};
  else
    refused = configuration_.shelve(command, now_);
  if (!refused.empty())
    return commands_.finish(command, messages::outcome::rejected, std::move(refused), {}, now_);
  remember(configuration_.shelf_event(&command), now_);
  commands_.finish(command, messages::outcome::done, {}, {}, now_);
}

void protection_actor::approve(const messages::command& command) {
  const auto answered = configuration_.approve(command, takes_rules(), now_);
  if (answered) finish_approval(*answered);
}

void protection_actor::finish_approval(const configuration_keeper::answer& answered) {
  commands_.finish(answered.command, answered.outcome, answered.reasons, {}, now_);
  // Rules are taken where nothing flows and nothing is latched in passing: at a start. A rack
  // that somebody closed meanwhile goes on by the former ones until its next.
  if (answered.is_stored && takes_rules())
    context_.restart("another configuration of its rack was approved");
}

void protection_actor::acknowledge(const messages::command& command) {
  // An event's id ends in its sequence: "rack_0-BOOT-17".
  const auto dash = command.point.rfind('-');
  const auto sequence = dash == std::string::npos ? command.point : command.point.substr(dash + 1);
  for (const auto& [number, seen] : recent_) {
    if (std::to_string(number) != sequence) continue;
    auto event = seen;
    event.edge = "acknowledge";
    event.reason = command.reason;
    runtime::attribute(event, command);
    if (event.first_out == messages::first_out_self) event.first_out = number;
    context_.record(std::move(event), now_);
    return commands_.finish(command, messages::outcome::done, {}, {}, now_);
  }
  commands_.finish(
      command, messages::outcome::rejected,
      {fmt::format("{} is none of the newest {} events of protection since {} began: what stands "
                   "is told with its id by voltaic events --json",
                   command.point, recent_events_max, context_.name())},
      {}, now_);
}

} // namespace voltaic::actors::protection
