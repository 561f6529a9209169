#include "messages/protection/level_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "messages/protection/condition.hpp"

namespace voltaic::messages::protection {

namespace {

constexpr std::string_view level_keys[] = {"set",   "clear",   "set_ms",    "clear_ms",
                                           "latch", "actions", "condition", "reason"};

std::optional<action> action_of(std::string_view text) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  for (int kind = 0; kind <= static_cast<int>(action_kind::log); ++kind) {
    action found{static_cast<action_kind>(kind), 0};
    if (to_string(found.kind) != name) continue;
    const bool derates =
        found.kind == action_kind::derate_charge || found.kind == action_kind::derate_discharge;
    if (derates != (colon != std::string_view::npos)) return std::nullopt;
    if (!derates) return found;
    unsigned percent = 0;
    for (const char digit : text.substr(colon + 1)) {
      if (digit < '0' || digit > '9' || percent > 100) return std::nullopt;
      percent = percent * 10 + static_cast<unsigned>(digit - '0');
    }
    if (colon + 1 == text.size() || percent > 99) return std::nullopt;
    found.percent = percent;
    return found;
  }
  return std::nullopt;
}

latch latch_of(const toml::key& key, const toml::node& value, limits_notes& notes) {
  const auto text = notes.text_of(key, value);
  for (const auto one : {latch::none, latch::user, latch::lock}) {
    if (text == to_string(one)) return one;
  }
  if (text) notes.report(value.source().begin, "latch must be 'none', 'user' or 'lock'");
  return latch::lock;
}

void read_actions(const toml::key& key, const toml::node& value, limit& read, limits_notes& notes) {
  const auto* list = value.as_array();
  if (!list || list->empty()) {
    return notes.report(value.source().begin,
                        fmt::format("{} must be a list of actions", key.str()));
  }
  read.actions.clear();
  for (const auto& item : *list) {
    const auto text = item.value<std::string>();
    const auto parsed = text ? action_of(*text) : std::nullopt;
    if (!parsed) {
      notes.report(item.source().begin, fmt::format("unknown action '{}'", text.value_or("")));
    } else if (std::ranges::find(read.actions, parsed->kind, &action::kind) != read.actions.end()) {
      notes.report(item.source().begin, fmt::format("action '{}' stands twice", *text));
    } else {
      read.actions.push_back(*parsed);
    }
  }
}

void read_level_field(const toml::key& key, const toml::node& value, limit& read,
                      limits_notes& notes) {
  const auto name = key.str();
  if (name == "set") {
    read.set = notes.number_of(key, value);
  } else if (name == "clear") {
    read.clear = notes.number_of(key, value);
  } else if (name == "set_ms") {
    read.set_ms = notes.whole_of(key, value, 0, delay_ms_max);
  } else if (name == "clear_ms") {
    read.clear_ms = notes.whole_of(key, value, 0, delay_ms_max);
  } else if (name == "latch") {
    read.latch = latch_of(key, value, notes);
  } else if (name == "actions") {
    read_actions(key, value, read, notes);
  } else if (name == "condition") {
    read.condition = notes.text_of(key, value).value_or("");
    if (!parse_condition(read.condition)) {
      notes.report(value.source().begin,
                   fmt::format("condition '{}' is not understood, expected {}", read.condition,
                               condition_forms));
    }
  } else if (name == "reason") {
    read.reason = notes.text_of(key, value).value_or("");
  } else {
    notes.unknown_key(key, fmt::format("{}", fmt::join(level_keys, ", ")));
  }
}

} // namespace

void read_level(level which, const toml::key& key, const toml::node& value, candidate& watched,
                limits_notes& notes) {
  const auto* fields = value.as_table();
  if (!fields) {
    return notes.report(key.source().begin, fmt::format("{} must be a table", key.str()));
  }
  const auto known = std::ranges::find(watched.limits, which, &limit::level);
  limit read = known != watched.limits.end() ? *known : limit{};
  read.level = which;
  for (const auto& [name, node] : *fields) read_level_field(name, node, read, notes);
  if (known != watched.limits.end()) {
    *known = std::move(read);
    return;
  }
  for (const auto required : {"set", "clear", "set_ms", "clear_ms", "latch", "actions"}) {
    if (!fields->contains(required)) notes.missing_key(*fields, required, key.str());
  }
  const auto behind =
      std::ranges::find_if(watched.limits, [&](const limit& other) { return other.level > which; });
  watched.limits.insert(behind, std::move(read));
}

} // namespace voltaic::messages::protection
