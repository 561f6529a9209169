#include "messages/dbc/selectors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace voltaic::messages::dbc {

bool selects(const multiplexing& when, std::int64_t value) {
  return std::ranges::any_of(
      when.values, [&](const auto& range) { return range.first <= value && value <= range.last; });
}

bool selects_something(const message& in, std::uint32_t selector, std::int64_t value) {
  const auto& texts = in.signals[selector].texts;
  bool has_any = false;
  for (const auto& one : in.signals) {
    if (!one.when || one.when->selector != selector) continue;
    if (selects(*one.when, value)) return true;
    has_any = true;
  }
  return !has_any || std::ranges::find(texts, value, &value_text::value) != texts.end();
}

std::string unknown_selector(const message& in, std::uint32_t selector, std::int64_t value) {
  constexpr std::size_t shown_max = 20;
  std::set<std::pair<std::int64_t, std::int64_t>> known;
  for (const auto& one : in.signals)
    if (one.when && one.when->selector == selector)
      for (const auto& range : one.when->values) known.emplace(range.first, range.last);
  std::string list;
  std::size_t shown = 0;
  for (const auto& [first, last] : known) {
    if (++shown > shown_max) {
      list += " or more";
      break;
    }
    list += list.empty() ? "" : ", ";
    list += first == last ? fmt::to_string(first) : fmt::format("{} to {}", first, last);
  }
  return fmt::format("{}: the selector {} is {}, expected {}", in.name, in.signals[selector].name,
                     value, list);
}

} // namespace voltaic::messages::dbc
