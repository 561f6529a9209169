#include "actors/command/dispatcher_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <utility>

#include "messages/command_deed.hpp"
#include "messages/event_codes.hpp"
#include "messages/nearest_word.hpp"
#include "messages/reset_words.hpp"
#include "messages/roles.hpp"

namespace voltaic::actors::command {

namespace {

// Racks that a refusal names.
constexpr std::size_t racks_named_max = 4;

namespace codes = messages::event_codes;
using messages::deed;
using messages::is_contactor_point;
using messages::outcome;

// "rack_0" of "rack_0/contactor"; the whole where there is no slash.
std::string_view owner_part(std::string_view point) {
  return point.substr(0, point.find('/'));
}

// What the dispatcher acts on itself, and else what any hop goes by.
std::optional<deed> least_deed(const messages::command& asked) {
  if (!dispatcher_model::is_own(asked)) return messages::deed_of(asked);
  const auto* word = std::get_if<std::string>(&asked.value);
  const bool takes = word != nullptr && *word == to_string(command_mode::local);
  return takes ? deed::take_local : deed::give_remote;
}

template <class Map>
std::string suggestion(std::string_view word, const Map& known) {
  std::vector<std::string_view> names;
  for (const auto& [name, about] : known) names.emplace_back(name);
  const auto near = messages::nearest_word(word, names);
  return near.empty() ? std::string() : fmt::format(", did you mean {}?", near);
}

int severity(outcome of) {
  switch (of) {
    case outcome::done:
      return 0;
    case outcome::accepted:
      return 1;
    case outcome::expired:
      return 2;
    case outcome::rejected:
      return 3;
    case outcome::unknown:
      return 4;
  }
  return 4;
}

} // namespace

std::vector<std::string> dispatcher_options::validate() const {
  std::vector<std::string> wrong;
  for (const auto& [rack, device] : rack_devices) {
    if (std::ranges::find(devices, device) == devices.end()) {
      wrong.push_back(fmt::format("{} is fed by unknown device '{}'", rack, device));
    }
  }
  return wrong;
}

std::vector<std::string> dispatcher_model::targets_of(const messages::command& asked) const {
  const std::string owner(owner_part(asked.point));
  const auto rack = options_.rack_devices.find(owner);
  const bool is_rack = rack != options_.rack_devices.end();
  if (asked.operation == "acknowledge") {
    const auto event = event_racks_.find(asked.point);
    if (event == event_racks_.end()) return {};
    return {event->second + "/protection"};
  }
  if (asked.operation == "set" && !is_contactor_point(asked.point)) {
    const auto writer = options_.writers.find(setpoint_of(asked));
    if (writer != options_.writers.end()) return {writer->second};
    if (is_rack) return {rack->second};
    if (std::ranges::find(options_.devices, owner) != options_.devices.end()) return {owner};
    return {};
  }
  if (!is_rack) return {};
  if (asked.operation == "shelve" || asked.operation == "unshelve" ||
      asked.operation == "approve" || asked.operation == "accept") {
    // "rack_0/soc_low": without a candidate, or a hash of what is meant, nothing is meant.
    return asked.point == owner ? std::vector<std::string>{}
                                : std::vector<std::string>{owner + "/protection"};
  }
  if (asked.operation == "reset") {
    const auto protection = owner + "/protection";
    std::vector<std::string> targets;
    if (asked.point == owner) targets.push_back(owner + "/contactor");
    if (asked.point == owner || asked.point == protection) {
      targets.push_back(protection);
      const auto second = options_.second_evaluators.find(owner);
      if (second != options_.second_evaluators.end()) targets.push_back(second->second);
    }
    if (asked.point == owner + "/contactor") targets = {asked.point};
    return targets; // none where a part is misspelled: it must not reset the whole
  }
  const bool known =
      asked.operation == "close" || asked.operation == "open" || asked.operation == "set";
  return known ? std::vector<std::string>{owner + "/contactor"} : std::vector<std::string>{};
}

bool dispatcher_model::is_own(const messages::command& asked) {
  return asked.operation == "set" && asked.point == mode_point;
}

std::string dispatcher_model::setpoint_of(const messages::command& asked) const {
  if (asked.operation != "set" || is_contactor_point(asked.point) || is_own(asked)) return {};
  const std::string owner(owner_part(asked.point));
  const auto rack = options_.rack_devices.find(owner);
  const auto device = rack == options_.rack_devices.end() ? owner : rack->second;
  const auto name = device + asked.point.substr(std::min(owner.size(), asked.point.size()));
  const auto channel = options_.channels.find(name);
  return channel == options_.channels.end() ? name : device + "/" + channel->second;
}

messages::tighter dispatcher_model::side_of(const std::string& setpoint) const {
  const auto found = options_.sides.find(setpoint);
  return found == options_.sides.end() ? messages::tighter::toward_zero : found->second;
}

std::optional<std::string> dispatcher_model::took(const messages::command& acted,
                                                  std::int64_t now_utc_us) {
  const auto setpoint = setpoint_of(acted);
  setpoints_.took(acted, setpoint, now_utc_us);
  return authority_.took(acted, setpoint, now_utc_us);
}

// By the time, so that one that lost its journal goes on above what it gave before.
std::uint64_t dispatcher_model::next_generation(std::int64_t now_utc_us) {
  generation_ =
      std::max(generation_ + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(now_utc_us, 0)));
  return generation_;
}

std::string dispatcher_model::instead_of(std::string_view inverter, std::string_view point) const {
  std::vector<std::string> limits = {"charge_current_limit", "discharge_current_limit"};
  const auto name = point.substr(std::min(point.find('/') + 1, point.size()));
  if (std::ranges::find(limits, name) != limits.end()) limits = {std::string(name)};
  std::vector<std::string> points;
  std::size_t others = 0;
  for (const auto& [rack, each] : options_.inverters) {
    if (each != inverter) continue;
    if (points.size() >= racks_named_max * limits.size()) {
      ++others;
      continue;
    }
    for (const auto& limit : limits) points.push_back(fmt::format("{}/{}", rack, limit));
  }
  if (points.empty()) return {};
  return fmt::format(
      "{} is told what its battery may give and take and has no point that is set; set it at the "
      "racks behind it: {}{}",
      inverter, fmt::join(points, ", "),
      others == 0 ? std::string() : fmt::format(", and of {} more", others));
}

std::string dispatcher_model::nobody_for(const messages::command& asked) const {
  if (asked.operation == "acknowledge")
    return fmt::format(
        "no event {} of protection is known since the dispatcher began{}: voltaic events --json "
        "tells their ids",
        asked.point.empty() ? "without an id" : asked.point, suggestion(asked.point, event_racks_));
  const auto owner = owner_part(asked.point);
  if (asked.operation == "reset" && options_.rack_devices.contains(std::string(owner)))
    return fmt::format("{} has no latches of '{}': reset {}, {}/protection or {}/contactor", owner,
                       asked.point, owner, owner, owner);
  if (const auto way = instead_of(owner, asked.point); asked.operation == "set" && !way.empty())
    return fmt::format("nobody carries out '{} {}': {}", asked.operation, asked.point, way);
  const bool is_of_rack = asked.operation != "set" || is_contactor_point(asked.point);
  if (!is_of_rack || options_.rack_devices.contains(std::string(owner)))
    return fmt::format("nobody carries out '{} {}'", asked.operation, asked.point);
  return fmt::format(
      "nobody carries out '{} {}': the site has no rack {} (voltaic points '*/contactor' lists "
      "those it has){}",
      asked.operation, asked.point, owner, suggestion(owner, options_.rack_devices));
}

std::vector<std::string> dispatcher_model::refuse(const messages::command& asked,
                                                  std::int64_t now_utc_us) const {
  std::vector<std::string> refused;
  if (const auto what = least_deed(asked); what && !messages::may(asked.role, *what)) {
    refused.push_back(messages::refusal_of(asked.role, *what));
  }
  if (asked.operation == "set" && is_contactor_point(asked.point)) {
    const auto* text = std::get_if<std::string>(&asked.value);
    // "closed" is what the point reads afterwards: it says the same.
    if (!text || (*text != "open" && *text != "close" && *text != "closed")) {
      refused.emplace_back("a contactor takes open or close");
    }
  }
  if (const auto* number = std::get_if<double>(&asked.value);
      number != nullptr && !std::isfinite(*number)) {
    refused.push_back(fmt::format("{} takes a number", asked.point));
  }
  if (is_own(asked)) {
    const auto* word = std::get_if<std::string>(&asked.value);
    if (word == nullptr || !command_mode_of(*word)) {
      refused.push_back(fmt::format("{} takes local or remote", mode_point));
    }
    if (asked.lease_ms > 0) refused.push_back(fmt::format("{} is not set for a time", mode_point));
  } else if (targets_of(asked).empty()) {
    refused.push_back(nobody_for(asked));
  }
  const auto setpoint = setpoint_of(asked);
  if (auto foreign = authority_.refusal(asked, setpoint, side_of(setpoint), now_utc_us)) {
    refused.push_back(*std::move(foreign));
  }
  if (pending_.size() >= pending_max) refused.emplace_back("too many commands are on their way");
  return refused;
}

std::vector<messages::command> dispatcher_model::forward(const messages::command& accepted,
                                                         const std::string& own) {
  const auto targets = targets_of(accepted);
  assert(!targets.empty());
  std::vector<messages::command> all;
  for (std::size_t each = 0; each < targets.size(); ++each) {
    auto hop = accepted;
    hop.target = targets[each];
    hop.reply_to = own;
    hop.id = fmt::format("{}#{}", accepted.key, each);
    hops_[hop.id] = accepted.key;
    all.push_back(std::move(hop));
  }
  pending waiting{accepted, all.size(), {}};
  waiting.result.outcome = outcome::done;
  pending_[accepted.key] = std::move(waiting);
  return all;
}

std::optional<dispatcher_model::finished> dispatcher_model::take(const messages::result& told) {
  const auto hop = hops_.find(told.id);
  // An answer that only says "I have it" decides nothing.
  if (hop == hops_.end() || told.outcome == outcome::accepted) return std::nullopt;
  const auto found = pending_.find(hop->second);
  hops_.erase(hop);
  if (found == pending_.end()) return std::nullopt;
  auto& whole = found->second.result;
  if (severity(told.outcome) > severity(whole.outcome)) whole.outcome = told.outcome;
  whole.reasons.insert(whole.reasons.end(), told.reasons.begin(), told.reasons.end());
  if (!told.requested.empty()) whole.requested = told.requested;
  if (!told.read_back.empty()) whole.read_back = told.read_back;
  const bool is_needless = std::ranges::equal(told.reasons, std::array{messages::nothing_latched});
  found->second.is_needless = found->second.is_needless && is_needless;
  if (--found->second.outstanding > 0) return std::nullopt;
  // What one hop had nothing of, another one may have let go of.
  std::erase(whole.reasons, messages::nothing_latched);
  if (found->second.is_needless) whole.reasons.emplace_back(messages::nothing_latched);
  finished done{std::move(found->second.command), std::move(whole)};
  pending_.erase(found);
  return done;
}

std::string dispatcher_model::trouble_of(const std::string& subject) const {
  const auto node = options_.nodes.find(subject);
  if (node == options_.nodes.end()) return "it is not connected";
  const auto known = troubles_.find(node->second);
  return known == troubles_.end() ? fmt::format("its node {} is not connected", node->second)
                                  : known->second;
}

messages::result dispatcher_model::explain(messages::result bounced, bool began_before) const {
  const auto hop = hops_.find(bounced.id);
  const auto waiting = hop == hops_.end() ? pending_.end() : pending_.find(hop->second);
  if (waiting == pending_.end()) return bounced;
  const auto& asked = waiting->second.command;
  const auto event = event_racks_.find(asked.point);
  const auto subject =
      event == event_racks_.end() ? std::string(owner_part(asked.point)) : event->second;
  bounced.reasons = {
      fmt::format("nobody answers for {} ({}, see voltaic status)", subject, trouble_of(subject))};
  if (!began_before) return bounced;
  bounced.outcome = outcome::unknown;
  bounced.reasons.emplace_back("it was sent on once before the dispatcher was restarted");
  return bounced;
}

std::vector<dispatcher_model::finished> dispatcher_model::expire(std::int64_t now_utc_us) {
  std::vector<finished> late;
  for (auto each = pending_.begin(); each != pending_.end();) {
    if (each->second.command.deadline_utc_us + outcome_grace_us > now_utc_us) {
      ++each;
      continue;
    }
    auto& [command, outstanding, result, is_needless] = each->second;
    result.outcome = outcome::unknown;
    result.reasons.emplace_back("no outcome was told in time");
    std::erase_if(hops_, [&](const auto& hop) { return hop.second == each->first; });
    late.push_back({std::move(command), std::move(result)});
    each = pending_.erase(each);
  }
  return late;
}

void dispatcher_model::learn(const messages::event& seen) {
  if (seen.kind != "system") return;
  const bool is_node = std::ranges::any_of(
      options_.nodes, [&](const auto& entry) { return entry.second == seen.subject; });
  if (seen.code == codes::site_apply || seen.code == codes::site_start) {
    troubles_.clear(); // what had failed was started again
  } else if (is_node && seen.code == codes::restart_budget) {
    troubles_[seen.subject] = fmt::format("its node {} failed", seen.subject);
  } else if (is_node && seen.code == codes::node_down) {
    troubles_[seen.subject] = fmt::format("its node {} ended and is started again", seen.subject);
  } else if (is_node && seen.code == codes::node_up) {
    troubles_.erase(seen.subject);
  }
}

void dispatcher_model::remember(const messages::event& seen) {
  if (seen.kind != "protection" || event_racks_.contains(seen.id)) return;
  if (event_order_.size() < known_events_max) {
    event_order_.push_back(seen.id);
  } else {
    event_racks_.erase(event_order_[event_next_]);
    event_order_[event_next_] = seen.id;
    event_next_ = (event_next_ + 1) % known_events_max;
  }
  event_racks_[seen.id] = seen.subject;
}

} // namespace voltaic::actors::command
