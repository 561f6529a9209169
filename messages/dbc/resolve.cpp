#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "messages/dbc/draft.hpp"

namespace voltaic::messages::dbc {
namespace {

std::optional<std::uint32_t> position_of(const message& in, std::string_view name) {
  for (std::uint32_t i = 0; i < in.signals.size(); ++i)
    if (in.signals[i].name == name) return i;
  return std::nullopt;
}

/// The only selector that depends on no other, which plain marks mean.
std::optional<std::uint32_t> plain_selector(const message& in, const std::vector<mark>& marks) {
  std::optional<std::uint32_t> found;
  for (std::uint32_t i = 0; i < in.signals.size(); ++i) {
    if (!in.signals[i].is_selector || marks[i].value) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

void apply_extended(draft& from, const extended_mark& each, defect_list& found) {
  auto& in = from.database.messages[each.message];
  const auto which = position_of(in, each.signal);
  const auto selector = position_of(in, each.selector);
  const auto refuse = [&](std::string text) {
    found.add(each.line, 1, "SG_MUL_VAL_: " + std::move(text));
  };
  if (!which || !selector) {
    refuse(fmt::format("{} has no signal {}", in.name, which ? each.selector : each.signal));
  } else if (!in.signals[*selector].is_selector) {
    refuse(fmt::format("{} is no selector", each.selector));
  } else if (std::ranges::any_of(each.values,
                                 [](const auto& one) { return one.first > one.last; })) {
    refuse(fmt::format("{} has a range whose end is before its beginning", each.signal));
  } else {
    in.signals[*which].when = {*selector, each.values};
  }
}

/// Whether a signal depends, over however many selectors, on itself.
bool runs_in_a_circle(const message& in, std::uint32_t from) {
  auto at = from;
  for (std::size_t steps = 0; steps <= in.signals.size(); ++steps) {
    const auto& when = in.signals[at].when;
    if (!when) return false;
    at = when->selector;
  }
  return true;
}

void resolve_message(message& in, const std::vector<mark>& marks, defect_list& found) {
  const auto plain = plain_selector(in, marks);
  std::vector<bool> lost(in.signals.size(), false);
  for (std::uint32_t i = 0; i < in.signals.size(); ++i) {
    auto& one = in.signals[i];
    if (one.when || !marks[i].value) continue;
    if (plain) {
      one.when = {*plain, {{*marks[i].value, *marks[i].value}}};
      continue;
    }
    lost[i] = true;
    found.add(one.line, 1,
              fmt::format("{}.{}: which signal selects it is not said", in.name, one.name));
  }
  for (std::uint32_t i = 0; i < in.signals.size(); ++i) {
    if (lost[i] || !runs_in_a_circle(in, i)) continue;
    lost[i] = true;
    found.add(in.signals[i].line, 1,
              fmt::format("{}.{}: selects itself", in.name, in.signals[i].name));
  }
  leave_out(in, lost);
}

} // namespace

void leave_out(message& in, std::vector<bool> lost) {
  // What is selected by a signal that is left out cannot be read either.
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < in.signals.size(); ++i) {
      const auto& when = in.signals[i].when;
      if (lost[i] || !when || !lost[when->selector]) continue;
      lost[i] = true;
      more = true;
    }
  }
  std::vector<std::uint32_t> new_place(in.signals.size(), 0);
  std::vector<signal> kept;
  for (std::size_t i = 0; i < in.signals.size(); ++i) {
    new_place[i] = static_cast<std::uint32_t>(kept.size());
    if (!lost[i]) kept.push_back(std::move(in.signals[i]));
  }
  for (auto& one : kept)
    if (one.when) one.when->selector = new_place[one.when->selector];
  in.signals = std::move(kept);
}

void resolve_multiplexing(draft& from, defect_list& found) {
  for (const auto& each : from.extended) apply_extended(from, each, found);
  for (std::size_t i = 0; i < from.database.messages.size(); ++i)
    resolve_message(from.database.messages[i], from.marks[i], found);
}

} // namespace voltaic::messages::dbc
