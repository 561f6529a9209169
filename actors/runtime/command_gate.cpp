#include "actors/runtime/command_gate.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::actors::runtime {
namespace {

using messages::command;
using messages::outcome;
using messages::result;

/// What a key stands for. Identity, deadline and return address may differ
/// from one repetition to the next.
bool same_body(const command& a, const command& b) {
  return a.target == b.target && a.operation == b.operation && a.point == b.point &&
         a.index == b.index && a.value == b.value && a.lease_ms == b.lease_ms && a.role == b.role &&
         a.user == b.user;
}

bool opens(const command& asked) {
  const auto* word = std::get_if<std::string>(&asked.value);
  return asked.operation == "open" ||
         (asked.operation == "set" && word != nullptr && *word == "open");
}

gate_judgement refuse(const command& refused, outcome why, std::string reason) {
  return {gate_verdict::answer, make_result(refused, why, std::move(reason))};
}

} // namespace

result make_result(const command& answered, outcome what, std::string reason) {
  result made;
  made.id = answered.id;
  made.key = answered.key;
  made.reply_to = answered.reply_to;
  made.point = answered.point;
  made.outcome = what;
  if (!reason.empty()) made.reasons.push_back(std::move(reason));
  return made;
}

void attribute(messages::event& event, const command& cause) {
  event.user = cause.user;
  event.role = cause.role;
  event.key = cause.key;
}

std::string contactor_lane(const command& asked) {
  const bool is_word = std::holds_alternative<std::string>(asked.value);
  const bool moves = asked.operation == "open" || asked.operation == "close" ||
                     (asked.operation == "set" && is_word);
  return moves ? "contactor" : "";
}

gate_judgement command_gate::judge(const command& asked, std::int64_t now_utc_us,
                                   const std::string& lane) {
  if (asked.key.empty())
    return refuse(asked, outcome::rejected, "a command needs an idempotency key");
  const auto known = entries_.find(asked.key);
  if (known != entries_.end()) return judge_known(known->second, asked, now_utc_us);
  if (auto refused = refusal_of_new(asked, now_utc_us, lane)) return *std::move(refused);
  follow(asked, lane);
  entry& fresh = entries_[asked.key];
  fresh.command = asked;
  by_deadline_.emplace(asked.deadline_utc_us, asked.key);
  fresh.acting = true;
  fresh.waiting.push_back({asked.id, asked.reply_to});
  return {gate_verdict::act, {}};
}

gate_judgement command_gate::judge_known(entry& known, const command& asked,
                                         std::int64_t now_utc_us) {
  if (!same_body(known.command, asked))
    return refuse(asked, outcome::rejected, "the idempotency key belongs to another command");
  if (known.done) {
    gate_judgement repeated{gate_verdict::answer, *known.done};
    repeated.answer.id = asked.id;
    repeated.answer.reply_to = asked.reply_to;
    return repeated;
  }
  // Restored without a result, it may have been sent on: it may be once more, but not too late.
  if (!known.acting && std::min(known.command.deadline_utc_us, asked.deadline_utc_us) <= now_utc_us)
    return refuse(asked, outcome::unknown, "it was restarted before the outcome was known");
  if (known.waiting.size() >= options_.waiting_max)
    return refuse(asked, outcome::rejected, "too many repetitions of an unfinished command");
  known.waiting.push_back({asked.id, asked.reply_to});
  return {std::exchange(known.acting, true) ? gate_verdict::wait : gate_verdict::act, {}};
}

void command_gate::follow(const command& accepted, const std::string& lane) {
  if (lane.empty() || accepted.generation == 0) return;
  auto& newest = newest_[lane];
  newest = std::max(newest, accepted.generation);
}

std::optional<gate_judgement> command_gate::refusal_of_new(const command& asked,
                                                           std::int64_t now_utc_us,
                                                           const std::string& lane) {
  if (asked.deadline_utc_us <= 0)
    return refuse(asked, outcome::rejected, "a command needs a deadline");
  if (asked.deadline_utc_us <= now_utc_us || asked.deadline_utc_us <= forgotten_deadline_utc_us_)
    return refuse(asked, outcome::expired, "the deadline has passed");
  if (asked.deadline_utc_us - now_utc_us > options_.deadline_ahead_max_us)
    return refuse(asked, outcome::rejected, "the deadline is too far ahead");
  const auto newest = newest_.find(lane);
  if (newest != newest_.end() && asked.generation != 0 && asked.generation < newest->second &&
      !opens(asked))
    return refuse(asked, outcome::rejected, "superseded: a later command came first");
  if (!make_room(now_utc_us))
    return refuse(asked, outcome::rejected, "too many commands within their deadlines");
  return std::nullopt;
}

bool command_gate::make_room(std::int64_t now_utc_us) {
  if (entries_.size() < options_.keys_max) return true;
  for (const auto& [deadline_utc_us, key] : by_deadline_) {
    if (deadline_utc_us > now_utc_us) return false;
    const auto& oldest = entries_.at(key);
    // An unfinished command is never forgotten: its repetition would act.
    if (oldest.acting && !oldest.done) continue;
    forget(key);
    return true;
  }
  return false;
}

void command_gate::forget(std::string key) {
  const auto known = entries_.find(key);
  const auto deadline_utc_us = known->second.command.deadline_utc_us;
  forgotten_deadline_utc_us_ = std::max(forgotten_deadline_utc_us_, deadline_utc_us);
  by_deadline_.erase({deadline_utc_us, std::move(key)});
  entries_.erase(known);
}

std::vector<result> command_gate::conclude(const result& done) {
  const auto known = entries_.find(done.key);
  if (known == entries_.end() || known->second.done) return {};
  known->second.done = done;
  std::vector<result> answers;
  for (const auto& each : std::exchange(known->second.waiting, {})) {
    answers.push_back(done);
    answers.back().id = each.id;
    answers.back().reply_to = each.reply_to;
  }
  return answers;
}

void command_gate::restore(const command& accepted, const std::optional<result>& done,
                           const std::string& lane) {
  if (accepted.key.empty()) return;
  follow(accepted, lane);
  entry& restored = entries_[accepted.key];
  by_deadline_.erase({restored.command.deadline_utc_us, accepted.key});
  restored.command = accepted;
  restored.done = done;
  by_deadline_.emplace(accepted.deadline_utc_us, accepted.key);
  // A journal may hold more than the table: the oldest deadlines go first.
  while (entries_.size() > options_.keys_max) forget(by_deadline_.begin()->second);
}

std::size_t command_gate::unfinished() const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [](const auto& each) { return each.second.acting && !each.second.done; }));
}

} // namespace voltaic::actors::runtime
