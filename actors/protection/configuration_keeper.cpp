#include "actors/protection/configuration_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actors/protection/protection_model.hpp"
#include "actors/runtime/command_gate.hpp"
#include "messages/command_priority.hpp"
#include "messages/configuration/profile_words.hpp"
#include "messages/event_codes.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::actors::protection {

namespace configuration = messages::configuration;

namespace {

constexpr std::uint64_t no_token = 0;
// An event names so many changes; the versions in the journal have all of them.
constexpr std::size_t changes_told_max = 32;

} // namespace

configuration_keeper::configuration_keeper(runtime::context& owner, std::string rack,
                                           configuration::standing found)
    : owner_(owner), rack_(std::move(rack)), found_(std::move(found)) {
  for (const auto& record : owner_.journal().newest(configuration::stream)) {
    if (record.key == configuration::words_key(rack_, found_.rules.profile_content))
      has_words_ = true;
    if (record.key == configuration::shelf_key(rack_)) was_shelved_ = !record.body.empty();
    if (record.key != configuration::staged_key(rack_) || record.body.empty()) continue;
    const auto kept = configuration::decode_version(record.body);
    staged_before_ = kept ? kept->hash : "unreadable";
    was_approved_once_ = kept && !kept->approvers.empty();
  }
}

std::vector<messages::event> configuration_keeper::begin(runtime::instant now) {
  std::vector<messages::event> told;
  keep_words(now);
  if (was_shelved_) {
    keep_shelf(now);
    told.push_back(shelf_event(nullptr));
  }
  if (found_.is_new) {
    keep_version(found_.in_force, no_token, now);
    tell("taken", fmt::format("version {}, {}", found_.in_force.number, found_.in_force.origin),
         found_.in_force.changes, nullptr, now);
  }
  const auto staged = found_.staged ? found_.staged->hash : std::string();
  // What one person approved in a former life does not count any more.
  if (staged != staged_before_ || was_approved_once_) keep_staged(now);
  if (found_.staged && staged != staged_before_)
    tell("staged", fmt::format("{} waits for approval", staged), found_.staged->changes, nullptr,
         now);
  // Whoever lists what stands forgets what the former life of the node said.
  if (found_.staged || !staged_before_.empty())
    told.push_back(warning(found_.staged ? "set" : "clear"));
  return told;
}

messages::event configuration_keeper::warning(const char* edge) const {
  messages::event alarm;
  alarm.kind = "protection";
  alarm.subject = rack_;
  alarm.candidate = configuration_staged;
  alarm.level = to_string(messages::protection::level::warning);
  alarm.edge = edge;
  return alarm;
}

std::vector<std::string> configuration_keeper::shelve(const messages::command& asked,
                                                      runtime::instant now) {
  if (asked.operation == "unshelve") {
    if (shelved_until_us_ == 0) return {fmt::format("{} is not shelved", configuration_staged)};
    shelved_until_us_ = 0;
  } else if (auto refused = shelving_refusals(asked.lease_ms); !refused.empty()) {
    return refused;
  } else if (!found_.staged) {
    return {"no configuration waits for approval: the warning does not stand"};
  } else {
    shelved_until_us_ =
        now.monotonic_us + static_cast<std::int64_t>(asked.lease_ms) * messages::us_per_ms;
  }
  keep_shelf(now);
  return {};
}

bool configuration_keeper::end_shelving(runtime::instant now) {
  if (shelved_until_us_ == 0 || now.monotonic_us < shelved_until_us_) return false;
  shelved_until_us_ = 0;
  keep_shelf(now);
  return true;
}

messages::event configuration_keeper::shelf_event(const messages::command* cause) const {
  auto told = warning(shelved_until_us_ != 0 ? "shelve" : "unshelve");
  if (cause == nullptr) return told;
  runtime::attribute(told, *cause);
  told.reason = cause->reason;
  return told;
}

void configuration_keeper::keep_shelf(runtime::instant now) {
  owner_.store({0, configuration::stream, configuration::shelf_key(rack_), now.utc_us,
                shelved_until_us_ != 0 ? "shelved" : ""},
               no_token);
}

// Once for each profile that the rack ever ran by: what another one changes is shown by it.
void configuration_keeper::keep_words(runtime::instant now) {
  if (has_words_ || found_.profile_words.empty()) return;
  owner_.store(
      {0, configuration::stream, configuration::words_key(rack_, found_.rules.profile_content),
       now.utc_us, found_.profile_words},
      no_token);
}

// Later than what it follows, though a clock stepped back: the latest of them is the one that
// holds.
void configuration_keeper::keep_version(const configuration::version& of, std::uint64_t token_of,
                                        runtime::instant now) {
  found_.after_utc_us = std::max(now.utc_us, found_.after_utc_us + 1);
  owner_.store(
      {0, configuration::stream, rack_, found_.after_utc_us, configuration::encode_version(of)},
      token_of);
}

void configuration_keeper::keep_staged(runtime::instant now) {
  owner_.store({0, configuration::stream, configuration::staged_key(rack_), now.utc_us,
                found_.staged ? configuration::encode_version(*found_.staged) : std::string()},
               no_token);
}

std::vector<std::string> configuration_keeper::refusals(const messages::command& asked,
                                                        bool standby) const {
  if (!found_.staged) return {"no configuration waits for approval"};
  std::vector<std::string> refused;
  if (asked.point != fmt::format("{}/{}", rack_, found_.staged->hash))
    refused.push_back(
        fmt::format("another configuration waits for approval: read what it changes by voltaic "
                    "approve {}, without a hash",
                    rack_));
  if (asked.priority >= messages::command_priority::remote)
    refused.emplace_back("protection is loosened by persons at the plant alone");
  if (asked.user.empty()) refused.emplace_back("nobody says who approves");
  if (!standby) refused.emplace_back("the rack is not in standby: open it, or end its current");
  if (storing_) refused.emplace_back("it is being approved");
  return refused;
}

std::optional<configuration_keeper::answer> configuration_keeper::approve(
    const messages::command& asked, bool standby, runtime::instant now) {
  using messages::outcome;
  if (auto refused = refusals(asked, standby); !refused.empty())
    return answer{asked, outcome::rejected, std::move(refused)};
  const approving who{asked.user, asked.role, asked.reason, now.utc_us};
  auto judged = approval_.judge(found_.staged->hash, who, now.monotonic_us);
  if (judged.reached == approval::step::refused)
    return answer{asked, outcome::rejected, {std::move(judged.why)}};
  if (judged.reached == approval::step::first) {
    found_.staged->approvers = {{who.user, who.role, who.reason, who.utc_us}};
    keep_staged(now);
    tell("approved_once", found_.staged->hash, found_.staged->changes, &asked, now);
    return answer{
        asked,
        outcome::done,
        {fmt::format("a second person has to approve it within {} min, one of the two with role "
                     "service",
                     approval_us / messages::us_per_s / 60)}};
  }
  auto& next = *found_.staged;
  next.approvers = {
      {judged.first->user, judged.first->role, judged.first->reason, judged.first->utc_us},
      {who.user, who.role, who.reason, who.utc_us}};
  storing_ = asked;
  // One record: a life that ends here leaves the former version or this one, never parts of both.
  keep_version(next, token, now);
  return std::nullopt;
}

std::optional<configuration_keeper::answer> configuration_keeper::stored(
    std::uint64_t token_of, const bus::storage::append_result& result, runtime::instant now) {
  if (token_of != token || !storing_) return std::nullopt;
  answer found{*std::exchange(storing_, std::nullopt), messages::outcome::rejected, {}};
  if (result.status != bus::storage::append_status::durable) {
    found.outcome = messages::outcome::unknown; // it may be found there after a restart
    found.reasons = {"the journal did not take it: " + result.reason};
    return found;
  }
  found.outcome = messages::outcome::done;
  found.is_stored = true;
  tell("approved",
       fmt::format("version {}, with {}", found_.staged->number,
                   found_.staged->approvers.front().user),
       found_.staged->changes, &found.command, now);
  return found;
}

std::string configuration_keeper::words(runtime::instant now) const {
  auto text = fmt::format("version {}", found_.in_force.number);
  if (found_.staged) text += ", another is staged";
  if (const auto* first = approval_.begun_by(now.monotonic_us); found_.staged && first != nullptr)
    text += fmt::format(", approved by {}, a second person has to", first->user);
  return text;
}

void configuration_keeper::tell(const char* state, std::string reason,
                                std::vector<std::string> changes, const messages::command* cause,
                                runtime::instant now) {
  messages::event event;
  event.kind = "system";
  event.code = messages::event_codes::configuration;
  event.subject = rack_;
  event.state = state;
  if (cause != nullptr) runtime::attribute(event, *cause);
  event.reason = std::move(reason);
  if (const auto count = changes.size(); count > changes_told_max) {
    changes.resize(changes_told_max);
    changes.push_back(fmt::format("{} more", count - changes_told_max));
  }
  event.reasons = std::move(changes);
  owner_.record(std::move(event), now);
}

} // namespace voltaic::actors::protection
