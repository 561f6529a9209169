#include "actors/runtime/standing_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "messages/points/catalogue.hpp"
#include "messages/roles.hpp"

namespace voltaic::actors::runtime {

namespace {

using nlohmann::json;

constexpr const char* stream = "standing";

constexpr auto length_max_ms =
    static_cast<std::uint64_t>(timed_length_max_us / messages::us_per_ms);

std::int64_t length_us_of(const messages::command& asked) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(asked.lease_ms, length_max_ms)) *
         messages::us_per_ms;
}

std::string encode(const standing_state& state) {
  auto timed = json::array();
  for (const auto& each : state.timed) {
    timed.push_back({each.value, each.length_us, each.until_utc_us});
  }
  return json{{"base", state.base ? json(*state.base) : json()}, {"timed", timed}}.dump();
}

// Of a record that is damaged nothing is taken: the profile's default stands.
standing_state decode(const std::string& body) {
  const auto kept = json::parse(body, nullptr, false);
  standing_state state;
  if (!kept.is_object()) return state;
  if (const auto base = kept.find("base"); base != kept.end() && base->is_number()) {
    state.base = base->get<double>();
  }
  const auto timed = kept.find("timed");
  if (timed == kept.end() || !timed->is_array()) return state;
  for (const auto& each : *timed) {
    const bool fits = each.is_array() && each.size() == 3 && each[0].is_number() &&
                      each[1].is_number_integer() && each[2].is_number_integer() &&
                      state.timed.size() < timed_sets_max;
    if (!fits) continue;
    const auto length_us =
        std::clamp<std::int64_t>(each[1].get<std::int64_t>(), 0, timed_length_max_us);
    state.timed.push_back({each[0].get<double>(), length_us, 0, each[2].get<std::int64_t>()});
  }
  return state;
}

} // namespace

standing_values::standing_values(context& owner,
                                 std::span<const messages::profiles::command> commands)
    : owner_(owner) {
  for (const auto& each : commands) {
    all_.push_back(
        {each.point, each.unit, each.decimals, standing_value_model(each.default_value)});
  }
  load();
}

void standing_values::load() {
  const auto own = owner_.name() + "/";
  for (const auto& record : owner_.journal().newest(stream)) {
    if (!record.key.starts_with(own)) continue;
    const auto found = std::ranges::find(all_, record.key.substr(own.size()), &standing::point);
    if (found != all_.end()) found->model.restore(decode(record.body));
  }
}

std::optional<std::string> standing_values::refusal(const messages::command& asked,
                                                    std::uint16_t set, double value) const {
  const auto& [point, unit, decimals, model] = all_.at(set);
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
  const auto in_force = model.in_force();
  const bool loosens = !in_force || is_tighter(*in_force, value);
  const auto deed = loosens ? messages::deed::loosen : messages::deed::tighten;
  if (messages::may(asked.role, deed)) return std::nullopt;
  const auto refused = messages::refusal_of(asked.role, deed);
  if (!loosens) return refused;
  if (!in_force) return fmt::format("{}; what is in force is not known", refused);
  return fmt::format("{}; {} {} is in force", refused,
                     messages::points::number_text(*in_force, decimals), unit);
}

void standing_values::took(const messages::command& asked, std::uint16_t set, messages::outcome how,
                           instant now) {
  const auto* value = std::get_if<double>(&asked.value);
  const bool is_done = how == messages::outcome::done;
  if (value == nullptr || (!is_done && how != messages::outcome::unknown)) return;
  auto& one = all_.at(set);
  if (is_done) {
    one.model.take(*value, length_us_of(asked), now);
  } else {
    one.model.take_unsure(*value, length_us_of(asked), now);
  }
  keep(one, now);
}

void standing_values::took_formerly(const messages::command& asked, std::uint16_t set) {
  const auto* value = std::get_if<double>(&asked.value);
  if (value == nullptr) return;
  auto& model = all_.at(set).model;
  auto state = model.state();
  if (const auto length_us = length_us_of(asked); length_us > 0) {
    state.timed.push_back({*value, length_us, 0, asked.deadline_utc_us + length_us});
  } else if (state.base && is_tighter(*value, *state.base)) {
    state.base = *value;
  }
  model.restore(std::move(state));
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
  messages::event event;
  event.kind = "command";
  event.subject = owner_.name();
  event.scope = one.point;
  event.state = "reverted";
  event.reason = one.model.is_restarted() ? "its actor was restarted while it was set for a time"
                                          : "the time it was set for is over";
  one.model.went_back(done.value);
  event.value = done.value;
  event.has_value = true;
  event.unit = one.unit;
  owner_.record(std::move(event), now);
  keep(one, now);
}

void standing_values::keep(const standing& what, instant now) {
  // Token 0 is awaited by nobody.
  owner_.store(
      {0, stream, owner_.name() + "/" + what.point, now.utc_us, encode(what.model.state())}, 0);
}

} // namespace voltaic::actors::runtime
