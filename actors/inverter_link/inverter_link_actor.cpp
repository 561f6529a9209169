#include "actors/inverter_link/inverter_link_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <stdexcept>
#include <utility>

#include "messages/event_codes.hpp"

namespace voltaic::actors::inverter_link {
namespace {

// By whom limits are loosened again: the site's own control.
constexpr const char* own_role = "engineer";
// The dispatcher of the site's commands.
constexpr const char* dispatcher = "command";
constexpr std::uint8_t own_priority = 100;
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
    : context_(context), options_(std::move(options)), model_(checked(options_.model)) {
  for (const auto& source : options_.sources) {
    context_.listen(source, runtime::kind::catalogue);
    context_.listen(source, runtime::kind::telemetry);
    context_.listen(source, runtime::kind::limits);
  }
}

void inverter_link_actor::receive(const messages::message& message) {
  const auto now = context_.now();
  if (const auto* described = std::get_if<messages::catalogue>(&message.payload)) {
    model_.learn(*described);
  } else if (const auto* said = std::get_if<messages::telemetry>(&message.payload)) {
    model_.take(*said, now.monotonic_us);
  } else if (const auto* limits = std::get_if<messages::limits>(&message.payload)) {
    model_.take(*limits, now.monotonic_us);
  } else if (const auto* done = std::get_if<messages::result>(&message.payload)) {
    take(*done, now);
  }
}

void inverter_link_actor::receive(const bus::can::batch& batch) {
  const auto now = context_.now();
  model_.take(batch.frames, now.monotonic_us);
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
  auto out = model_.step(now);
  for (const auto& frame : out.frames)
    if (options_.send(frame) != bus::can::send_result::sent) model_.was_refused(now.monotonic_us);
  for (const auto& wanted : out.values) write(wanted, now);
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

void inverter_link_actor::beat(const written_value& wanted, runtime::instant now) {
  auto& known = given_[wanted.point];
  const bool is_tried_again = now.monotonic_us - known.at_us >= value_spacing_us;
  if (known.at_us != 0 && known.value == wanted.value && (known.is_given || !is_tried_again))
    return;
  known = {wanted.value, now.monotonic_us, true, true};
  give(options_.model.device, options_.model.device + "/" + wanted.point, wanted.value, 0,
       "heartbeat", now);
}

// First zero for ever, so that nothing follows on a lease that ends; then the value for a
// while. A link that dies leaves a zero behind.
void inverter_link_actor::write(const written_value& wanted, runtime::instant now) {
  const auto& device = options_.model.device;
  if (wanted.point == options_.model.profile->heartbeat.write) return beat(wanted, now);
  const auto point = device + "/" + wanted.point;
  auto& known = given_[wanted.point];
  const auto since_us = now.monotonic_us - known.at_us;
  if (!known.is_base_given) {
    if (known.at_us != 0 && since_us < value_spacing_us) return;
    known = {0, now.monotonic_us, true, false};
    give(device, point, 0.0, 0, "until the battery's limits are known", now, true);
    return;
  }
  const bool is_changed = !known.is_given || known.value != wanted.value;
  const bool is_urgent = wanted.value == 0 && known.value != 0;
  if (!is_urgent && since_us < (is_changed ? value_spacing_us : value_renewal_us)) return;
  known = {wanted.value, now.monotonic_us, true, true};
  give(device, point, wanted.value, value_lease_us, "the battery's limit", now);
}

void inverter_link_actor::give(const std::string& target, const std::string& point,
                               std::variant<double, std::string> value, std::int64_t lease_us,
                               const std::string& reason, runtime::instant now, bool is_base) {
  messages::command command;
  command.key =
      fmt::format("{}-{}-{}-{}", context_.name(), context_.incarnation(), now.utc_us, ++commands_);
  command.id = command.key;
  command.target = target;
  command.operation = "set";
  command.point = point;
  if (const auto* number = std::get_if<double>(&value))
    command.value = *number;
  else
    command.value = std::get<std::string>(value);
  command.deadline_utc_us = now.utc_us + command_deadline_us;
  command.lease_ms = static_cast<std::uint64_t>(lease_us / messages::us_per_ms);
  command.priority = own_priority;
  command.role = own_role;
  command.user = context_.name();
  command.reason = reason;
  command.reply_to = context_.name();
  if (on_their_way_.size() >= awaited_max) on_their_way_.erase(on_their_way_.begin());
  on_their_way_[command.key] = {point, is_base};
  context_.send(std::move(command), now);
}

// What the inverter did not take is given again with the next step.
void inverter_link_actor::take(const messages::result& done, runtime::instant now) {
  const auto found = on_their_way_.find(done.key);
  if (found == on_their_way_.end() || done.outcome == messages::outcome::accepted) return;
  const auto [point, is_base] = found->second;
  on_their_way_.erase(found);
  if (done.outcome == messages::outcome::done) {
    if (refused_point_ == point) refused_point_.clear();
    return;
  }
  const auto slash = point.rfind('/');
  if (const auto known = given_.find(point.substr(slash + 1)); known != given_.end()) {
    known->second.is_given = false;
    if (is_base) known->second.is_base_given = false;
    model_.was_refused(now.monotonic_us);
  }
  if (std::exchange(refused_point_, point) == point) return;
  tell({messages::event_codes::inverter_refused, "refused",
        fmt::format("{}: {}", point, fmt::join(done.reasons, "; "))},
       now);
}

} // namespace voltaic::actors::inverter_link
