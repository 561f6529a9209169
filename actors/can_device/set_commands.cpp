#include "actors/can_device/set_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "actors/runtime/present.hpp"
#include "messages/points/catalogue.hpp"
#include "messages/tighter.hpp"

namespace voltaic::actors::can_device {
namespace {

using messages::outcome;

constexpr const char* commands_stream = "commands";

std::string bytes_of(const messages::payload& payload) {
  const auto frame = messages::encode({}, payload);
  const auto bytes = frame->bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// "rack_0/charge_current_limit" and "bms_0/SetChargeCurrent" without their owners.
std::string_view short_name(std::string_view point) {
  const auto slash = point.rfind('/');
  return slash == std::string_view::npos ? point : point.substr(slash + 1);
}

} // namespace

set_commands::set_commands(runtime::context& context, messages::profiles::encode_plan plan,
                           frame_sender send)
    : context_(context),
      plan_(std::move(plan)),
      send_(std::move(send)),
      standing_(context, plan_.commands()),
      timing_(plan_.commands()),
      counters_(plan_.commands().size()) {
  load();
}

void set_commands::load() {
  struct known {
    std::optional<messages::command> command;
    std::optional<messages::result> result;
  };
  const auto own = context_.name() + "/";
  std::map<std::string, known> found;
  for (const auto& record : context_.journal().newest(commands_stream)) {
    if (!record.key.starts_with(own)) {
      continue;
    }
    const auto message = messages::open(std::as_bytes(std::span(record.body)));
    if (!message) {
      continue;
    }
    if (const auto* command = std::get_if<messages::command>(&message->payload)) {
      found[command->key].command = *command;
    } else if (const auto* result = std::get_if<messages::result>(&message->payload)) {
      found[result->key].result = *result;
    }
  }
  for (const auto& [key, one] : found) {
    if (!one.command) {
      continue;
    }
    if (!one.result) {
      // It was journaled just before it was sent: nobody knows whether it was.
      unfinished_.push_back(
          runtime::make_result(*one.command, outcome::unknown, "the node restarted meanwhile"));
      const auto set = plan_.find_set(short_name(one.command->point));
      if (set) {
        standing_.took_formerly(*one.command, *set);
      }
    }
    gate_.restore(*one.command, one.result ? *one.result : unfinished_.back(),
                  lane_of(*one.command));
  }
}

std::string set_commands::lane_of(const messages::command& command) const {
  const auto set = plan_.find_set(short_name(command.point));
  return set ? fmt::format("set {}", *set) : std::string();
}

std::optional<std::string> set_commands::refusal(const messages::command& command,
                                                 pending& next) const {
  if (command.operation != "set") {
    return fmt::format("{} cannot {}", context_.name(), command.operation);
  }
  const auto set = plan_.find_set(short_name(command.point));
  if (!set) {
    return fmt::format("{} cannot be set", command.point);
  }
  const auto* value = std::get_if<double>(&command.value);
  if (value == nullptr) {
    return fmt::format("{} takes a number", command.point);
  }
  if (command.index != 0) {
    return fmt::format("{} has one element", command.point);
  }
  if (const auto frame = plan_.encode_set(*set, *value, 0); !frame) {
    return frame.error().text;
  }
  if (auto refused = standing_.refusal(command, *set, *value, {})) {
    return refused;
  }
  next.set = *set;
  next.value = *value;
  return std::nullopt;
}

void set_commands::receive(const messages::command& command, runtime::instant now) {
  auto judged = gate_.judge(command, runtime::present(context_, now).utc_us, lane_of(command));
  if (judged.verdict == runtime::gate_verdict::answer) {
    context_.send(std::move(judged.answer), now);
    return;
  }
  if (judged.verdict == runtime::gate_verdict::wait) {
    return;
  }
  pending next;
  next.command = command;
  next.started = now;
  if (auto reason = refusal(command, next)) {
    conclude(next, outcome::rejected, *std::move(reason), {}, now);
    return;
  }
  const auto token = next_token_++;
  pending_[token] = std::move(next);
  bus::storage::record record;
  record.stream = commands_stream;
  record.key = context_.name() + "/" + command.key;
  record.utc_us = now.utc_us;
  record.body = bytes_of(command);
  context_.store(std::move(record), token);
}

void set_commands::stored(std::uint64_t token, const bus::storage::append_result& result,
                          runtime::instant now) {
  const auto found = pending_.find(token);
  if (found == pending_.end()) {
    return;
  }
  if (result.status == bus::storage::append_status::durable) {
    found->second.durable = true;
    return;
  }
  const auto over = std::move(found->second);
  pending_.erase(found);
  conclude(over, outcome::rejected, "the journal did not take it: " + result.reason, {}, now);
}

bool set_commands::is_needless(const pending& one, const model& device, runtime::instant now) {
  const auto& rule = plan_.commands()[one.set];
  const auto said = device.read(rule.read_back, 0);
  if (!said || said->quality != messages::quality::good || !on_their_way(one.set).empty() ||
      !standing_.is_held(one.set, one.value, runtime::reported_value{said->value, said->time_us})) {
    return false;
  }
  standing_.took(one.command, one.set, outcome::done, now);
  conclude(one, outcome::done, {}, messages::points::number_text(said->value, rule.decimals), now);
  return true;
}

bool set_commands::act(pending& one, const model& device, runtime::instant now) {
  const auto present = runtime::present(context_, now);
  if (present.utc_us >= one.command.deadline_utc_us) {
    conclude(one, outcome::expired, "its deadline passed before it could act", {}, now);
    return false;
  }
  // What the device says meanwhile is not heard yet.
  if (runtime::lags(context_, now)) return true;
  // What is in force may have changed since it came.
  if (auto refused = standing_.refusal(one.command, one.set, one.value, on_their_way(one.set))) {
    conclude(one, outcome::rejected, *std::move(refused), {}, now);
    return false;
  }
  if (is_needless(one, device, now)) return false;
  if (!timing_.may_send(one.set, now.monotonic_us)) {
    if (!is_followed(one)) return true;
    conclude(one, outcome::rejected, "another set followed before its frame might be sent", {},
             now);
    return false;
  }
  if (!send(one.set, one.value, now)) {
    conclude(one, outcome::rejected, "the bus did not take the frame", {}, now);
    return false;
  }
  conclude_those_before(one, now);
  one.sent_us = present.monotonic_us;
  return true;
}

bool set_commands::is_followed(const pending& one) const {
  bool is_later = false;
  for (const auto& [token, each] : pending_) {
    if (is_later && each.set == one.set && each.durable) return true;
    is_later = is_later || &each == &one;
  }
  return false;
}

std::vector<double> set_commands::on_their_way(std::uint16_t set) const {
  std::vector<double> values;
  for (const auto& [token, each] : pending_) {
    if (each.set == set && each.sent_us) values.push_back(each.value);
  }
  return values;
}

void set_commands::conclude_those_before(const pending& newest, runtime::instant now) {
  std::erase_if(pending_, [&](const auto& entry) {
    const auto& each = entry.second;
    if (each.set != newest.set || !each.sent_us) return false;
    standing_.took(each.command, each.set, outcome::unknown, now);
    conclude(each, outcome::unknown, "another set followed before the device reported the value",
             {}, now);
    return true;
  });
}

bool set_commands::send(std::uint16_t set, double value, runtime::instant now) {
  const auto frame = plan_.encode_set(set, value, counters_[set] + 1);
  if (!frame || send_(*frame) != bus::can::send_result::sent) return false;
  ++counters_[set];
  timing_.sent(set, now.monotonic_us);
  return true;
}

std::optional<double> set_commands::to_repeat(std::uint16_t set, const model& device,
                                              runtime::instant now) {
  if (const auto newest = on_their_way(set); !newest.empty()) return newest.back();
  const auto& rule = plan_.commands()[set];
  const auto meant = standing_.to_give(set);
  const auto said = device.read(rule.read_back, 0);
  if (!meant || !said || said->quality != messages::quality::good) return std::nullopt;
  const bool is_settled = timing_.is_settled(set, *meant, now.monotonic_us);
  const bool has_tightened = messages::is_tighter(said->value, *meant, rule.side) &&
                             std::abs(said->value - *meant) > rule.resolution;
  return is_settled && has_tightened ? said->value : *meant;
}

void set_commands::repeat(const model& device, runtime::instant now) {
  if (!timing_.repeats_any()) return;
  // What the device says meanwhile is not heard yet.
  if (runtime::lags(context_, now)) return;
  for (std::size_t each = 0; each < plan_.commands().size(); ++each) {
    const auto set = static_cast<std::uint16_t>(each);
    if (!timing_.is_due(set, now.monotonic_us)) continue;
    const auto value = to_repeat(set, device, now);
    if (value && (!timing_.may_send(set, now.monotonic_us) || !send(set, *value, now))) continue;
    timing_.repeated(set, now.monotonic_us);
  }
}

void set_commands::step(const model& device, runtime::instant now) {
  // Most of the time nothing was ever set.
  if (pending_.empty() && unfinished_.empty() && standing_.ask_nothing())
    return repeat(device, now);
  standing_.keep_formerly(now);
  for (const auto& result : std::exchange(unfinished_, {})) {
    remember(result.key + "#result", bytes_of(result), now);
  }
  for (auto one = pending_.begin(); one != pending_.end();) {
    auto& what = one->second;
    if (!what.sent_us) {
      // Only at a step of the port is it known whether it is still in time.
      one = what.durable && !act(what, device, now) ? pending_.erase(one) : std::next(one);
      continue;
    }
    const auto& rule = plan_.commands()[what.set];
    const auto reported = device.read(rule.read_back, 0);
    const bool fresh = reported && reported->quality == messages::quality::good &&
                       reported->time_us > *what.sent_us;
    const auto text =
        fresh ? messages::points::number_text(reported->value, rule.decimals) : std::string();
    const bool agrees = fresh && std::abs(reported->value - what.value) <= rule.resolution;
    if (!agrees && now.utc_us <= what.command.deadline_utc_us) {
      ++one;
      continue;
    }
    const auto over = std::move(one->second);
    one = pending_.erase(one);
    const auto how = agrees ? outcome::done : outcome::unknown;
    standing_.took(over.command, over.set, how, now);
    conclude(over, how, agrees ? "" : "the device did not report the value in time", text, now);
  }
  go_back(now);
  hold(device, now);
  repeat(device, now);
}

bool set_commands::is_awaited(std::uint16_t set, runtime::instant now) const {
  return std::ranges::any_of(pending_, [&](const auto& each) {
    return each.second.set == set && each.second.command.deadline_utc_us >= now.utc_us;
  });
}

void set_commands::hold(const model& device, runtime::instant now) {
  // What the device says meanwhile is not heard yet.
  if (runtime::lags(context_, now)) return;
  for (std::size_t set = 0; set < plan_.commands().size(); ++set) {
    const auto& rule = plan_.commands()[set];
    const auto which = static_cast<std::uint16_t>(set);
    if (rule.purpose != messages::profiles::command_purpose::set || is_awaited(which, now)) {
      continue;
    }
    const auto said = device.read(rule.read_back, 0);
    std::optional<runtime::reported_value> reported;
    if (said && said->quality == messages::quality::good) reported = {said->value, said->time_us};
    const auto again = standing_.look(which, reported, now);
    if (again && timing_.may_send(which, now.monotonic_us) && send(which, again->value, now)) {
      standing_.wrote(*again, now);
    }
  }
}

void set_commands::go_back(runtime::instant now) {
  // What is over in the present is not resumed by a chain that still lives in the past.
  for (const auto& next : standing_.due(runtime::present(context_, now))) {
    // What was asked for meanwhile goes first, and may make it needless.
    if (!is_awaited(next.set, now) && timing_.may_send(next.set, now.monotonic_us) &&
        send(next.set, next.value, now)) {
      standing_.went_back(next, now);
    }
  }
}

void set_commands::conclude(const pending& what, outcome how, std::string reason,
                            std::string read_back, runtime::instant now) {
  auto result = runtime::make_result(what.command, how, std::move(reason));
  if (how == outcome::done) {
    result.reasons.clear();
  }
  const auto set = plan_.find_set(short_name(what.command.point));
  if (const auto* value = std::get_if<double>(&what.command.value)) {
    const auto decimals = set ? plan_.commands()[*set].decimals : std::uint8_t{3};
    result.requested = messages::points::number_text(*value, decimals);
  }
  result.read_back = std::move(read_back);
  result.point = what.command.point;
  result.duration_ms = static_cast<std::uint64_t>(
      std::max<std::int64_t>(now.monotonic_us - what.started.monotonic_us, 0) /
      messages::us_per_ms);
  remember(what.command.key + "#result", bytes_of(result), now);
  for (auto& answer : gate_.conclude(result)) {
    context_.send(std::move(answer), now);
  }
}

void set_commands::remember(const std::string& key, std::string body, runtime::instant now) {
  bus::storage::record record;
  record.stream = commands_stream;
  record.key = context_.name() + "/" + key;
  record.utc_us = now.utc_us;
  record.body = std::move(body);
  // Token 0 is awaited by nobody.
  context_.store(std::move(record), 0);
}

} // namespace voltaic::actors::can_device
