#include "actors/inverter_link/inverter_link_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <stdexcept>
#include <utility>

#include "actors/runtime/present.hpp"
#include "messages/command_priority.hpp"
#include "messages/event_codes.hpp"

namespace voltaic::actors::inverter_link {
namespace {

// By whom limits are loosened again: the site's own control.
constexpr const char* own_role = "engineer";
// The dispatcher of the site's commands.
constexpr const char* dispatcher = "command";
/// Where batches tell the time, waking is only needed when they stop.
constexpr std::int64_t silent_bus_us = 500 * messages::us_per_ms;
/// Commands whose answers are awaited; older ones are forgotten.
constexpr std::size_t awaited_max = 256;

model_options checked(model_options options) {
  const auto findings = options.validate();
  if (!findings.empty())
    throw std::invalid_argument(
        fmt::format("inverter {}: {}", options.name, fmt::join(findings, "; ")));
  return options;
}

} // namespace

inverter_link_actor::inverter_link_actor(runtime::context& context, actor_options options)
    : context_(context),
      options_(std::move(options)),
      model_(checked(options_.model)),
      caps_(context, options_.model) {
  for (const auto& source : options_.sources) {
    context_.listen(source, runtime::kind::catalogue);
    context_.listen(source, runtime::kind::telemetry);
    context_.listen(source, runtime::kind::limits);
  }
}

void inverter_link_actor::receive(const messages::message& message) {
  const auto now = context_.now();
  const auto said_us = runtime::true_at_us(context_, message.header.time.monotonic_us);
  if (const auto* described = std::get_if<messages::catalogue>(&message.payload)) {
    model_.learn(*described);
  } else if (const auto* said = std::get_if<messages::telemetry>(&message.payload)) {
    model_.take(*said, said_us);
  } else if (const auto* limits = std::get_if<messages::limits>(&message.payload)) {
    model_.take(*limits, said_us);
  } else if (const auto* done = std::get_if<messages::result>(&message.payload)) {
    take(*done, now);
  } else if (const auto* command = std::get_if<messages::command>(&message.payload)) {
    caps_.receive(*command, now);
  }
}

void inverter_link_actor::stored(std::uint64_t token, const bus::storage::append_result& result) {
  caps_.stored(token, result, context_.now());
}

void inverter_link_actor::receive(const bus::can::batch& batch) {
  const auto now = context_.now();
  for (const auto& frame : batch.frames)
    model_.take({&frame, 1}, runtime::true_at_us(context_, frame.time_us));
  step(now);
}

void inverter_link_actor::wake(runtime::instant now) {
  const bool has_bus = static_cast<bool>(options_.send);
  if (has_bus && now.monotonic_us - stepped_.monotonic_us < silent_bus_us) return;
  step(now);
}

runtime::condition inverter_link_actor::condition() const {
  return described_ ? runtime::condition::good : runtime::condition::waiting;
}

void inverter_link_actor::step(runtime::instant now) {
  stepped_ = now;
  if (!std::exchange(described_, true))
    context_.say(runtime::plane::telemetry, model_.catalogue(), now);
  caps_.step(now);
  model_.take(caps_.standing());
  auto out = model_.step(now);
  caps_.finish([this](messages::inverter::item which) { return model_.told_text(which); }, now);
  for (const auto& frame : out.frames)
    if (options_.send(frame) != bus::can::send_result::sent) model_.was_refused(now.monotonic_us);
  for (const auto& wanted : out.values) write(wanted, now);
  if (out.beat) beat(*out.beat, now);
  for (const auto& told : out.reports) tell(told, now);
  for (auto& wish : out.wishes)
    give(dispatcher, wish.point, std::move(wish.value), 0, wish.reason, now);
  if (out.said) context_.say(runtime::plane::telemetry, *std::move(out.said), now);
}

void inverter_link_actor::tell(const report& told, runtime::instant now) {
  messages::event event;
  event.kind = "system";
  event.subject = options_.model.name;
  event.code = told.code;
  event.state = told.state;
  event.reason = told.reason;
  context_.record(std::move(event), now);
}

// It tells that the inverter holds what it should: not while it may hold more.
void inverter_link_actor::beat(const written_value& wanted, runtime::instant now) {
  if (!beat_.key.empty() && beat_.value == wanted.value) return;
  for (const auto& [point, known] : given_)
    if (known.is_doubtful) return;
  const auto& device = options_.model.device;
  auto command = order(device, device + "/" + wanted.point, now);
  command.operation = "beat";
  command.value = wanted.value;
  command.deadline_utc_us = now.utc_us + beat_deadline_us;
  command.reason = "heartbeat";
  beat_.value = wanted.value;
  beat_.key = command.key;
  context_.send(std::move(command), now);
}

// What a voltage would go back to is looser, and it stops nothing.
void inverter_link_actor::write_standing(const written_value& wanted, runtime::instant now) {
  auto& known = given_[wanted.point];
  const bool is_changed = !known.is_given || known.value != wanted.value;
  if (!is_changed || (known.at_us != 0 && now.monotonic_us - known.at_us < value_spacing_us))
    return;
  known.value = wanted.value;
  known.at_us = now.monotonic_us;
  known.is_given = true;
  const auto& device = options_.model.device;
  give(device, device + "/" + wanted.point, wanted.value, 0, "the battery's limit", now);
}

// First zero for ever, so that nothing follows on a lease that ends; then the value for a
// while. A link that dies leaves a zero behind.
void inverter_link_actor::write(const written_value& wanted, runtime::instant now) {
  if (!wanted.is_leased) return write_standing(wanted, now);
  const auto& device = options_.model.device;
  const auto point = device + "/" + wanted.point;
  auto& known = given_[wanted.point];
  const auto since_us = now.monotonic_us - known.at_us;
  if (!known.is_base_given) {
    if (known.at_us != 0 && since_us < value_spacing_us) return;
    known.value = 0;
    known.at_us = now.monotonic_us;
    known.is_base_given = true;
    known.is_given = false;
    give(device, point, 0.0, 0, "until the battery's limits are known", now, true);
    return;
  }
  const bool is_changed = !known.is_given || known.value != wanted.value;
  const bool is_urgent = wanted.value == 0 && known.value != 0;
  if (!is_urgent && since_us < (is_changed ? value_spacing_us : value_renewal_us)) return;
  known.value = wanted.value;
  known.at_us = now.monotonic_us;
  known.is_given = true;
  give(device, point, wanted.value, value_lease_us, "the battery's limit", now);
}

messages::command inverter_link_actor::order(const std::string& target, const std::string& point,
                                             runtime::instant now) {
  messages::command command;
  command.key =
      fmt::format("{}-{}-{}-{}", context_.name(), context_.incarnation(), now.utc_us, ++commands_);
  command.id = command.key;
  command.target = target;
  command.operation = "set";
  command.point = point;
  command.deadline_utc_us = now.utc_us + command_deadline_us;
  // It is at the plant: what it wishes is heard in mode local as well.
  command.priority = messages::command_priority::controller;
  command.role = own_role;
  command.user = context_.name();
  command.reply_to = context_.name();
  return command;
}

void inverter_link_actor::give(const std::string& target, const std::string& point,
                               std::variant<double, std::string> value, std::int64_t lease_us,
                               const std::string& reason, runtime::instant now, bool is_base) {
  auto command = order(target, point, now);
  const auto* number = std::get_if<double>(&value);
  if (number != nullptr)
    command.value = *number;
  else
    command.value = std::get<std::string>(value);
  command.lease_ms = static_cast<std::uint64_t>(lease_us / messages::us_per_ms);
  command.reason = reason;
  if (on_their_way_.size() >= awaited_max) on_their_way_.erase(on_their_way_.begin());
  on_their_way_[command.key] = {point, is_base, number != nullptr ? *number : 0};
  context_.send(std::move(command), now);
}

void inverter_link_actor::note_refusal(const std::string& point, const messages::result& done,
                                       runtime::instant now) {
  if (std::exchange(refused_point_, point) == point) return;
  tell({messages::event_codes::inverter_refused, "refused",
        fmt::format("{}: {}", point, fmt::join(done.reasons, "; "))},
       now);
}

// One that is late is followed by the next.
void inverter_link_actor::take_beat(const messages::result& done, runtime::instant now) {
  if (done.outcome == messages::outcome::done) {
    beat_.refused = 0;
  } else if (++beat_.refused >= beats_refused_max) {
    model_.was_refused(now.monotonic_us);
    note_refusal(options_.model.device + "/" + options_.model.profile->heartbeat.write, done, now);
  }
}

// What the inverter did not take is given again with the next step.
void inverter_link_actor::take(const messages::result& done, runtime::instant now) {
  if (!beat_.key.empty() && done.key == beat_.key) return take_beat(done, now);
  const auto found = on_their_way_.find(done.key);
  if (found == on_their_way_.end() || done.outcome == messages::outcome::accepted) return;
  const auto [point, is_base, value] = found->second;
  on_their_way_.erase(found);
  const auto known = given_.find(point.substr(point.rfind('/') + 1));
  const bool is_device = known != given_.end() && point.starts_with(options_.model.device + "/");
  if (done.outcome == messages::outcome::done) {
    model_.was_granted(point);
    if (refused_point_ == point) refused_point_.clear();
    if (is_device) {
      known->second.held = value;
      known->second.is_doubtful = false;
    }
    return;
  }
  if (is_device) {
    auto& about = known->second;
    about.is_given = false;
    if (is_base) about.is_base_given = false;
    about.is_doubtful = about.is_doubtful || !about.held || value < *about.held;
    model_.was_refused(now.monotonic_us);
  }
  note_refusal(point, done, now);
}

} // namespace voltaic::actors::inverter_link
