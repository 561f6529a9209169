#include "actors/runtime/standing_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "messages/command_priority.hpp"
#include "messages/points/catalogue.hpp"
#include "messages/roles.hpp"

namespace voltaic::actors::runtime {

namespace {

using nlohmann::json;

constexpr const char* stream = "standing";
constexpr const char* stands_on = "it was set before its actor started, and stands on";

// A device may round to the step beside. Of fractions like 0.1 such a step is a bit
// more or less than the resolution says.
constexpr double one_step = 1 + 1e-6;

constexpr auto length_max_ms =
    static_cast<std::uint64_t>(timed_length_max_us / messages::us_per_ms);

std::int64_t length_us_of(const messages::command& asked) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(asked.lease_ms, length_max_ms)) *
         messages::us_per_ms;
}

std::string encode(const standing_state& state, const std::string& asked_as) {
  auto timed = json::array();
  for (const auto& each : state.timed) {
    timed.push_back({each.value, each.length_us, each.until_utc_us, each.is_doubtful});
  }
  return json{{"base", state.base ? json(*state.base) : json()},
              {"timed", timed},
              {"base_set", state.is_base_set},
              {"leads", state.leads},
              {"given", state.is_given},
              {"confirmed", state.confirmed ? json(*state.confirmed) : json()},
              {"lowest", state.lowest},
              {"highest", state.highest},
              {"base_doubtful", state.is_base_doubtful},
              {"base_before", state.base_before ? json(*state.base_before) : json()},
              {"base_before_set", state.is_base_before_set},
              {"former", state.former ? json(*state.former) : json()},
              {"asked_as", asked_as}}
      .dump();
}

bool is_true(const json& kept, const char* key) {
  const auto found = kept.find(key);
  return found != kept.end() && found->is_boolean() && found->get<bool>();
}

std::optional<double> number_in(const json& kept, const char* key) {
  const auto found = kept.find(key);
  if (found == kept.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

// Of a record that is damaged nothing is taken: the profile's default stands.
standing_state decode(const json& kept) {
  standing_state state;
  if (!kept.is_object()) return state;
  state.is_base_set = is_true(kept, "base_set");
  state.leads = is_true(kept, "leads");
  state.is_given = is_true(kept, "given");
  state.base = number_in(kept, "base");
  state.former = number_in(kept, "former");
  state.is_base_doubtful = is_true(kept, "base_doubtful");
  state.base_before = number_in(kept, "base_before");
  state.is_base_before_set = is_true(kept, "base_before_set");
  state.confirmed = number_in(kept, "confirmed");
  state.lowest = number_in(kept, "lowest").value_or(0);
  state.highest = number_in(kept, "highest").value_or(0);
  const auto timed = kept.find("timed");
  if (timed == kept.end() || !timed->is_array()) return state;
  for (const auto& each : *timed) {
    const bool fits = each.is_array() && each.size() == 4 && each[0].is_number() &&
                      each[1].is_number_integer() && each[2].is_number_integer() &&
                      each[3].is_boolean() && state.timed.size() < timed_sets_max;
    if (!fits) continue;
    const auto length_us =
        std::clamp<std::int64_t>(each[1].get<std::int64_t>(), 0, timed_length_max_us);
    state.timed.push_back(
        {each[0].get<double>(), length_us, 0, each[2].get<std::int64_t>(), each[3].get<bool>()});
  }
  return state;
}

} // namespace

standing_values::standing_values(context& owner,
                                 std::span<const messages::profiles::command> commands)
    : owner_(owner) {
  for (const auto& each : commands) {
    all_.push_back({each.point, each.unit, each.decimals, each.resolution * one_step,
                    standing_value_model(each.default_value, each.side), each.side});
  }
  load();
}

void standing_values::load() {
  const auto own = owner_.name() + "/";
  for (const auto& record : owner_.journal().newest(stream)) {
    if (!record.key.starts_with(own)) continue;
    const auto found = std::ranges::find(all_, record.key.substr(own.size()), &standing::point);
    if (found == all_.end()) continue;
    const auto kept = json::parse(record.body, nullptr, false);
    found->model.restore(decode(kept));
    found->held.resume(true);
    if (kept.is_object() && kept.contains("asked_as") && kept["asked_as"].is_string()) {
      found->asked_as = kept["asked_as"].get<std::string>();
    }
  }
}

std::optional<std::string> standing_values::refusal(const messages::command& asked,
                                                    std::uint16_t set, double value,
                                                    std::span<const double> on_their_way) const {
  const auto& one = all_.at(set);
  const auto& model = one.model;
  if (asked.lease_ms > 0) {
    if (!model.can_go_back()) {
      return fmt::format(
          "{} has no value to go back to: the profile has no default, and none was "
          "set",
          asked.point);
    }
    if (!model.has_room()) return fmt::format("too many sets for a time of {}", asked.point);
    if (asked.lease_ms > length_max_ms) {
      return fmt::format("{} is set for 7 days at most", asked.point);
    }
  }
  const auto said = [&](double which, const char* of_it) {
    return fmt::format("{} is {}", value_text(which, one), of_it);
  };
  for (const auto each : on_their_way) {
    if (auto refused = refusal_beside(asked, value, each, one.side, said(each, "on its way")))
      return refused;
  }
  const auto in_force = model.in_force();
  return refusal_beside(asked, value, in_force, one.side,
                        in_force ? said(*in_force, "in force") : "what is in force is not known");
}

std::optional<std::string> standing_values::refusal_beside(const messages::command& asked,
                                                           double value,
                                                           std::optional<double> beside,
                                                           messages::tighter side,
                                                           const std::string& what_it_is) {
  const bool loosens = !beside || (value != *beside && !messages::is_tighter(value, *beside, side));
  if (loosens && asked.priority >= messages::command_priority::remote)
    return fmt::format("who is not at the plant may only tighten a limit; {}", what_it_is);
  const auto deed = loosens ? messages::deed::loosen : messages::deed::tighten;
  if (messages::may(asked.role, deed)) return std::nullopt;
  const auto refused = messages::refusal_of(asked.role, deed);
  return loosens ? fmt::format("{}; {}", refused, what_it_is) : refused;
}

std::string standing_values::value_text(double value, const standing& of) {
  const auto number = messages::points::number_text(value, of.decimals);
  return of.unit.empty() ? number : number + " " + of.unit;
}

bool standing_values::is_held(std::uint16_t set, double value,
                              const std::optional<reported_value>& reported) const {
  const auto& one = all_.at(set);
  const auto wanted = one.model.held();
  return wanted == held_value{value, value, value} && reported &&
         std::abs(reported->value - value) <= one.tolerance;
}

void standing_values::took(const messages::command& asked, std::uint16_t set, messages::outcome how,
                           instant now) {
  const auto* value = std::get_if<double>(&asked.value);
  const bool is_done = how == messages::outcome::done;
  if (value == nullptr || (!is_done && how != messages::outcome::unknown)) return;
  auto& one = all_.at(set);
  const auto before = one.model.state();
  one.asked_as = asked.point;
  one.held.resume(false);
  if (is_done) {
    one.model.take(*value, length_us_of(asked), now);
  } else {
    one.model.take_unsure(*value, length_us_of(asked), now);
  }
  if (one.model.state() != before) keep(one, now);
}

void standing_values::took_formerly(const messages::command& asked, std::uint16_t set) {
  const auto* value = std::get_if<double>(&asked.value);
  if (value == nullptr) return;
  const auto length_us = length_us_of(asked);
  all_.at(set).asked_as = asked.point;
  all_.at(set).took_formerly = true;
  all_.at(set).model.restore_unfinished(*value, length_us, asked.deadline_utc_us + length_us);
}

void standing_values::keep_formerly(instant now) {
  for (auto& one : all_) {
    if (std::exchange(one.took_formerly, false)) keep(one, now);
  }
}

bool standing_values::ask_nothing() const {
  return std::ranges::all_of(all_, [](const standing& one) {
    return !one.took_formerly && one.model.asks_nothing() && one.held.is_idle();
  });
}

std::vector<standing_values::reversion> standing_values::due(instant now) {
  std::vector<reversion> all;
  for (std::size_t set = 0; set < all_.size(); ++set) {
    if (const auto value = all_[set].model.due(now)) {
      all.push_back({static_cast<std::uint16_t>(set), *value});
    }
  }
  return all;
}

void standing_values::went_back(const reversion& done, instant now) {
  auto& one = all_.at(done.set);
  const auto why = one.model.cause_of(done.value);
  one.model.went_back(done.value);
  one.held.resume(false);
  using cause = standing_value_model::cause;
  switch (why) {
    case cause::resumed:
      tell(one, done.value, "resumed", stands_on, now);
      break;
    case cause::over:
      tell(one, done.value, "reverted", "the time it was set for is over", now);
      break;
    case cause::restart:
      tell(one, done.value, "ended_by_restart",
           "its actor started anew while more was set for a time", now);
      break;
  }
  keep(one, now);
}

std::optional<standing_values::rewrite> standing_values::look(
    std::uint16_t set, const std::optional<reported_value>& reported, instant now) {
  auto& one = all_.at(set);
  if (reported && one.model.report(reported->value, reported->time_us, one.tolerance)) {
    keep(one, now);
  }
  const auto wanted = one.model.held();
  const auto found = [&] { return "the device holds " + value_text(reported->value, one); };
  using verdict = held_value_model::verdict;
  const auto said = one.held.look(wanted, reported, one.tolerance, now.monotonic_us);
  switch (said) {
    case verdict::write:
    case verdict::resume:
      return rewrite{set, wanted->value, reported->value, said == verdict::resume,
                     one.model.held_until_us()};
    case verdict::not_held:
      tell(one, wanted->value, "not_held",
           fmt::format("{} after {} writes; it is written once a minute", found(), rewrites_max),
           now);
      break;
    case verdict::left_tighter:
      tell(one, wanted->value, "not_held", found() + ", which is tighter, and is left alone", now);
      break;
    case verdict::held_again:
      tell(one, wanted->value, "held", found(), now);
      break;
    case verdict::nothing:
      break;
  }
  return std::nullopt;
}

void standing_values::wrote(const rewrite& again, instant now) {
  auto& one = all_.at(again.set);
  // Once it was told as not held, each further try is no news.
  const bool is_news = one.held.is_counting();
  one.held.wrote(now.monotonic_us);
  if (!is_news) return;
  const auto found = "the device held " + value_text(again.found, one);
  if (again.resumes) {
    tell(one, again.value, "resumed", std::string(stands_on) + "; " + found, now);
  } else {
    tell(one, again.value, "written_again", found, now);
  }
}

void standing_values::tell(const standing& about, double value, std::string state,
                           std::string reason, instant now) {
  messages::event event;
  event.kind = "command";
  event.subject =
      about.asked_as.empty() ? fmt::format("{}/{}", owner_.name(), about.point) : about.asked_as;
  event.scope = "set";
  event.state = std::move(state);
  event.reason = std::move(reason);
  event.value = value;
  event.has_value = true;
  event.unit = about.unit;
  owner_.record(std::move(event), now);
}

void standing_values::keep(const standing& what, instant now) {
  // Token 0 is awaited by nobody.
  owner_.store({0, stream, owner_.name() + "/" + what.point, now.utc_us,
                encode(what.model.state(), what.asked_as)},
               0);
}

} // namespace voltaic::actors::runtime
