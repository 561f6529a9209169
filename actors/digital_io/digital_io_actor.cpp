#include "actors/digital_io/digital_io_actor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

#include "actors/runtime/present.hpp"
#include "messages/event_codes.hpp"
#include "messages/points/names.hpp"

namespace voltaic::actors::digital_io {

namespace {

using runtime::plane;

model_options checked(model_options options) {
  const auto findings = options.validate();
  if (!findings.empty()) {
    throw std::invalid_argument(fmt::format("digital_io: {}", fmt::join(findings, "; ")));
  }
  return options;
}

std::string owner_of(const std::string& point) {
  return point.substr(0, point.find('/'));
}

template <class Values>
std::optional<double> element_of(const Values& values, std::size_t at) {
  if (at >= values.size()) return std::nullopt;
  return static_cast<double>(values[at]);
}

// Nothing unless the element is a good number.
std::optional<double> number_of(const messages::block& block, std::uint32_t index) {
  if (index < block.first_index) return std::nullopt;
  const std::size_t at = index - block.first_index;
  const auto quality =
      at < block.element_quality.size() ? block.element_quality[at] : block.quality;
  if (quality > messages::quality::uncertain) return std::nullopt;
  if (const auto* words = std::get_if<messages::block::words>(&block.values))
    return element_of(*words, at);
  if (const auto* integers = std::get_if<messages::block::integers>(&block.values))
    return element_of(*integers, at);
  if (const auto* reals = std::get_if<messages::block::reals>(&block.values))
    return element_of(*reals, at);
  return std::nullopt;
}

// 0 or 1, off or on; nothing: neither.
std::optional<bool> level_of(const messages::command& command) {
  if (const auto* number = std::get_if<double>(&command.value)) {
    if (*number == 0 || *number == 1) return *number == 1;
  } else if (const auto* word = std::get_if<std::string>(&command.value)) {
    if (*word == "on" || *word == "off") return *word == "on";
  }
  return std::nullopt;
}

} // namespace

digital_io_actor::digital_io_actor(runtime::context& context, actor_options options)
    : context_(context),
      options_(std::move(options)),
      model_(checked(options_.model)),
      commands_(context),
      told_(options_.model.inputs.size(), "inactive") {
  for (const auto& input : options_.model.inputs) listen_to(input.point);
  for (const auto& output : options_.model.outputs) {
    listen_to(output.point);
    listen_to(output.follow);
  }
}

void digital_io_actor::listen_to(const std::string& point) {
  if (point.empty()) return;
  const auto path = messages::points::parse_path(point);
  if (!path) throw std::invalid_argument(fmt::format("digital_io: {}", path.error().text));
  foreign_[point] = {path->point, path->index.value_or(0)};
  context_.listen(owner_of(point), runtime::kind::catalogue);
  context_.listen(owner_of(point), runtime::kind::telemetry);
}

void digital_io_actor::learn(const messages::catalogue& described) {
  for (auto& [path, about] : foreign_) {
    for (std::size_t at = 0; at < described.points.size(); ++at) {
      const auto& point = described.points[at];
      if (point.name != about.name) continue;
      about.fingerprint = described.fingerprint;
      about.position = static_cast<std::uint16_t>(at);
      about.period_ms = point.period_ms;
      about.scale = point.scale;
      about.offset = point.offset;
    }
  }
}

void digital_io_actor::take(const messages::telemetry& said, std::int64_t said_us) {
  const auto now_us = context_.now().monotonic_us;
  for (auto& [path, about] : foreign_) {
    if (about.fingerprint != said.fingerprint) continue;
    for (const auto& block : said.blocks) {
      if (block.point != about.position) continue;
      const auto raw = number_of(block, about.index);
      if (!raw) continue;
      // What a relay keeps of a coupler that is gone, or waited here, keeps no input inactive.
      if (!about.news.hear(block.source_time_us, said_us) ||
          !about.news.is_fresh(now_us, coupler_silence_us(about.period_ms)))
        continue;
      const bool level = *raw * about.scale + about.offset != 0;
      reported_[path] = level;
      model_.take_point(path, level, about.period_ms, now_us);
    }
  }
}

void digital_io_actor::receive(const bus::digital::sample& sample) {
  const runtime::instant now{sample.now_us, sample.now_us + sample.utc_offset_us};
  if (std::exchange(unreadable_, sample.reason) != sample.reason && !sample.reason.empty())
    tell("unreadable", sample.reason, now);
  const bool is_read = sample.reason.empty();
  model_.take_levels(is_read ? std::optional(sample.levels) : std::nullopt, sample.now_us);
  advance(now);
}

void digital_io_actor::receive(const messages::message& message) {
  const auto now = context_.now();
  if (const auto* described = std::get_if<messages::catalogue>(&message.payload)) {
    learn(*described);
  } else if (const auto* said = std::get_if<messages::telemetry>(&message.payload)) {
    take(*said, runtime::true_at_us(context_, message.header.time.monotonic_us));
    advance(now);
  } else if (const auto* command = std::get_if<messages::command>(&message.payload)) {
    commands_.take(*command, now);
  } else if (const auto* told = std::get_if<messages::result>(&message.payload)) {
    hear(*told);
  }
}

void digital_io_actor::stored(std::uint64_t token, const bus::storage::append_result& result) {
  if (const auto command = commands_.stored(token, result, context_.now())) act(*command);
}

void digital_io_actor::act(const messages::command& command) {
  const auto now = context_.now();
  const auto finish = [&](messages::outcome what, std::vector<std::string> reasons,
                          std::string read_back) {
    commands_.finish(command, what, std::move(reasons), std::move(read_back), now);
  };
  const auto level = level_of(command);
  if (command.operation != "set" || !level) {
    return finish(messages::outcome::rejected, {"an output takes 0 or 1, off or on"}, {});
  }
  const auto slash = command.point.find('/');
  const auto output = slash == std::string::npos ? command.point : command.point.substr(slash + 1);
  const auto known = model_.find_output(output);
  const bool waits = known && !options_.model.outputs[*known].point.empty();
  if (waits && waiting_.size() >= waiting_sets_max)
    return finish(messages::outcome::rejected, {"too many sets wait for couplers"}, {});
  std::optional<std::int64_t> until_us;
  if (command.lease_ms > 0)
    until_us = now.monotonic_us + static_cast<std::int64_t>(command.lease_ms) * messages::us_per_ms;
  if (auto refused = model_.set(output, *level, until_us); !refused.empty()) {
    return finish(messages::outcome::rejected, {std::move(refused)}, {});
  }
  const auto at = model_.find_output(output);
  const bool is_line = options_.model.outputs[*at].point.empty();
  if (!is_line) {
    for (auto& each : waiting_)
      each.is_overtaken = each.is_overtaken || (each.output == *at && each.on != *level);
    waiting_.push_back({command, *at, *level, now.monotonic_us});
  }
  advance(now);
  if (!is_line) return;
  if (!model_.are_lines_taken()) {
    return finish(messages::outcome::unknown,
                  {"the chip refused the line; it is ordered to its safe level"}, {});
  }
  finish(messages::outcome::done, {}, model_.is_on(*at) ? "1" : "0");
}

void digital_io_actor::hear(const messages::result& told) {
  for (auto& [output, asked] : asked_) {
    if (asked.key != told.key) continue;
    const bool is_refused = told.outcome != messages::outcome::done && !told.reasons.empty();
    asked.refusal = is_refused ? told.reasons.front() : std::string();
  }
}

std::string digital_io_actor::doubt(const waiting_set& of, runtime::instant now) const {
  const auto& output = options_.model.outputs[of.output];
  if (of.is_overtaken) return fmt::format("another set followed before {} showed it", output.point);
  if (model_.is_on(of.output) != of.on)
    return fmt::format("it fell to its safe level before {} showed it", output.point);
  const bool is_over =
      now.monotonic_us - of.since_us >= coupler_shown_us || !commands_.is_in_time(of.command, now);
  if (!is_over) return {};
  const auto asked = asked_.find(of.output);
  const auto refusal = asked == asked_.end() ? std::string() : asked->second.refusal;
  return fmt::format("{} does not show it; it stays ordered{}{}", output.point,
                     refusal.empty() ? "" : ": ", refusal);
}

void digital_io_actor::answer_sets(runtime::instant now) {
  std::vector<std::pair<messages::command, std::string>> answered; // and why it is not known
  std::vector<waiting_set> left;
  for (const auto& each : waiting_) {
    const bool is_shown = !each.is_overtaken && model_.is_on(each.output) == each.on &&
                          model_.is_shown_since(each.output, each.since_us, now.monotonic_us);
    auto why = is_shown ? std::string() : doubt(each, now);
    if (is_shown || !why.empty()) {
      answered.emplace_back(each.command, std::move(why));
    } else {
      left.push_back(each);
    }
  }
  waiting_ = std::move(left);
  for (auto& [command, why] : answered) {
    const bool is_shown = why.empty();
    const auto on = level_of(command).value_or(false);
    commands_.finish(command, is_shown ? messages::outcome::done : messages::outcome::unknown,
                     is_shown ? std::vector<std::string>{} : std::vector{std::move(why)},
                     is_shown ? (on ? "1" : "0") : "", now);
  }
}

void digital_io_actor::wake(runtime::instant now) {
  advance(now);
}

void digital_io_actor::ending() {
  model_.end();
  advance(context_.now());
}

runtime::condition digital_io_actor::condition() const {
  const bool is_well = unreadable_.empty() && (driven_.empty() || model_.are_lines_taken());
  return is_well ? runtime::condition::good : runtime::condition::degraded;
}

void digital_io_actor::advance(runtime::instant now) {
  if (!std::exchange(described_, true)) context_.say(plane::telemetry, model_.catalogue(), now);
  bool changed = model_.step(now.monotonic_us);
  drive(now);
  // What became of it may be another state at once.
  changed |= model_.step(now.monotonic_us);
  drive_couplers(now);
  answer_sets(now);
  tell_inputs(now);
  if (!changed && said_us_ && now.monotonic_us - *said_us_ < points_period_us) return;
  said_us_ = now.monotonic_us;
  messages::telemetry said;
  said.owner = model_.catalogue().owner;
  said.fingerprint = model_.catalogue().fingerprint;
  said.blocks = model_.blocks(now.monotonic_us);
  context_.say(plane::telemetry, std::move(said), now);
}

void digital_io_actor::tell_inputs(runtime::instant now) {
  for (std::size_t i = 0; i < told_.size(); ++i) {
    const auto* state = !model_.is_known(i)   ? "not_heard"
                        : model_.is_active(i) ? "active"
                                              : "inactive";
    if (told_[i] == state) continue;
    told_[i] = state;
    messages::event event;
    event.kind = "system";
    event.subject = context_.name();
    event.scope = options_.model.inputs[i].name;
    event.state = state;
    if (!model_.is_known(i)) event.reason = "it counts as active until it is read again";
    context_.record(std::move(event), now);
  }
}

// A line that was refused is tried again with the next sample.
void digital_io_actor::drive(runtime::instant now) {
  const auto wanted = model_.line_levels();
  if (wanted.empty() || !options_.write || (model_.are_lines_taken() && wanted == driven_)) return;
  driven_ = wanted;
  const bool is_taken = options_.write(wanted);
  if (!model_.take_write(is_taken, now.monotonic_us)) return;
  if (is_taken) return tell("writable", {}, now);
  tell("unwritable",
       "the chip refused its outputs: all of them are ordered to their safe levels until it takes "
       "them",
       now);
}

void digital_io_actor::tell(const char* state, std::string reason, runtime::instant now) {
  messages::event event;
  event.kind = "system";
  event.subject = context_.name();
  event.state = state;
  event.reason = std::move(reason);
  context_.record(std::move(event), now);
}

void digital_io_actor::drive_couplers(runtime::instant now) {
  for (std::size_t i = 0; i < options_.model.outputs.size(); ++i) {
    const auto& point = options_.model.outputs[i].point;
    if (point.empty()) continue;
    const bool wanted = model_.is_on(i);
    const auto reported = reported_.find(point);
    auto& asked = asked_[i];
    const bool is_held = reported != reported_.end() && reported->second == wanted;
    const bool is_new = !asked.us || asked.on != wanted;
    if (!is_new && (is_held || now.monotonic_us - *asked.us < coupler_again_us)) continue;
    messages::command command;
    command.id = command.key = fmt::format("{}-{}-{}", context_.name(), now.utc_us, ++next_key_);
    // What it refused before may be why it shows nothing yet.
    asked = {now.monotonic_us, wanted, command.key, is_new ? std::string() : asked.refusal};
    command.target = owner_of(point);
    command.operation = "set";
    command.point = foreign_.at(point).name;
    command.index = foreign_.at(point).index;
    command.value = wanted ? 1.0 : 0.0;
    command.deadline_utc_us = now.utc_us + coupler_deadline_us;
    command.role = "service";
    command.user = command.reply_to = context_.name();
    context_.send(std::move(command), now);
  }
}

} // namespace voltaic::actors::digital_io
