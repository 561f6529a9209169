#include "messages/protection/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/nearest_word.hpp"

namespace voltaic::messages::protection {

namespace {

constexpr std::array<std::string_view, 4> level_names{"warning", "alarm", "fault", "hard"};
constexpr std::array<std::string_view, 3> latch_names{"none", "user", "lock"};
constexpr std::array<std::string_view, 2> direction_names{"high", "low"};
constexpr std::array<std::string_view, 13> action_names{"derate_charge",
                                                        "derate_discharge",
                                                        "stop_charge",
                                                        "stop_discharge",
                                                        "inhibit_discharge_start",
                                                        "inhibit_close",
                                                        "open_ordered",
                                                        "open_immediate",
                                                        "lock",
                                                        "balance",
                                                        "fan_on",
                                                        "heater_on",
                                                        "log"};

} // namespace

const known_candidate* find_candidate(std::string_view name) {
  const auto* found = std::ranges::find(known_candidates, name, &known_candidate::name);
  return found == known_candidates.end() ? nullptr : found;
}

std::string unknown_candidate(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& known : known_candidates) names.push_back(known.name);
  const auto near = nearest_word(name, names);
  return fmt::format("unknown candidate '{}'{}", name,
                     near.empty() ? "" : fmt::format(", did you mean {}?", near));
}

std::string_view to_string(level value) {
  return level_names.at(static_cast<std::size_t>(value));
}

std::optional<level> level_of(std::string_view text) {
  const auto found = std::ranges::find(level_names, text);
  if (found == level_names.end()) return std::nullopt;
  return static_cast<level>(found - level_names.begin());
}

std::string_view to_string(latch value) {
  return latch_names.at(static_cast<std::size_t>(value));
}

std::string_view to_string(direction value) {
  return direction_names.at(static_cast<std::size_t>(value));
}

std::string_view to_string(action_kind value) {
  return action_names.at(static_cast<std::size_t>(value));
}

std::string to_string(const action& value) {
  const bool derates =
      value.kind == action_kind::derate_charge || value.kind == action_kind::derate_discharge;
  return derates ? fmt::format("{}:{}", to_string(value.kind), value.percent)
                 : std::string(to_string(value.kind));
}

std::uint32_t reaction_ms(const candidate& watched, const limit& limit,
                          std::uint32_t data_period_ms) {
  auto time_ms = limit.set_ms + watched.period_ms + data_period_ms + reaction_margin_ms;
  for (const auto& each : watched.limits)
    if (watched.cascade && each.level < limit.level) time_ms += each.set_ms + watched.period_ms;
  return time_ms;
}

bool opens(const limit& limit) {
  return std::ranges::any_of(limit.actions, [](const action& taken) {
    return taken.kind == action_kind::open_ordered || taken.kind == action_kind::open_immediate;
  });
}

} // namespace voltaic::messages::protection
