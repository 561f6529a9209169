#include "messages/protection/own_candidate.hpp"

#include <algorithm>

namespace voltaic::messages::protection {

namespace {

constexpr std::string_view high_suffix = "_high";
constexpr std::string_view low_suffix = "_low";

bool is_judged(std::string_view point) {
  return std::ranges::any_of(known_candidates, [&](const known_candidate& known) {
    return known.point == point || known.second_point == point;
  });
}

} // namespace

std::optional<own_candidate> parse_own(std::string_view name) {
  if (find_candidate(name) != nullptr) return std::nullopt;
  for (const auto& [suffix, side] :
       {std::pair(high_suffix, direction::high), std::pair(low_suffix, direction::low)}) {
    if (!name.ends_with(suffix) || name.size() == suffix.size()) continue;
    const auto point = name.substr(0, name.size() - suffix.size());
    if (is_judged(point)) return std::nullopt;
    return own_candidate{point, side};
  }
  return std::nullopt;
}

const quantity* find_quantity(std::string_view name) {
  const auto* found = std::ranges::find(quantities, name, &quantity::name);
  return found == quantities.end() ? nullptr : found;
}

const quantity* usual_quantity(std::string_view unit) {
  return unit == "degC" ? find_quantity("terminal_temperature") : nullptr;
}

std::string quantity_names(std::string_view unit) {
  std::string all;
  for (const auto& each : quantities) {
    if (!unit.empty() && each.unit != unit) continue;
    if (!all.empty()) all += ", ";
    all += each.name;
  }
  return all;
}

std::optional<candidate> default_of(const table& rules, std::string_view name, const quantity& of) {
  const auto own = parse_own(name);
  if (!own) return std::nullopt;
  const auto source = own->direction == direction::high ? of.high : of.low;
  const auto found = std::ranges::find(rules.candidates, source, &candidate::name);
  if (source.empty() || found == rules.candidates.end()) return std::nullopt;
  auto made = *found;
  made.name = name;
  return made;
}

} // namespace voltaic::messages::protection
