#include "messages/protection/own_candidate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

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
    if (!unit.empty() && !(each.fits(unit) && each.has_limits())) continue;
    if (!all.empty()) all += ", ";
    all += each.name;
  }
  return all;
}

judged_point split_point(std::string_view point) {
  const auto slash = point.find('/');
  if (slash == std::string_view::npos) return {{}, point};
  return {point.substr(0, slash), point.substr(slash + 1)};
}

namespace {

const candidate* find(const table& rules, std::string_view name) {
  const auto found = std::ranges::find(rules.candidates, name, &candidate::name);
  return found == rules.candidates.end() ? nullptr : &*found;
}

// The highest voltage that a rack has before it is opened for it.
double highest_v(const table& rules, const rack_size& size) {
  const auto* over = find(rules, "rack_overvoltage");
  return over == nullptr || over->limits.empty() ? 0
                                                 : over->limits.back().set * size.cells_in_series;
}

// By what values of a table are multiplied; 0: that is not known.
double factor_of(const table& rules, const quantity& of, direction side, const rack_size& size,
                 std::string_view unit) {
  switch (of.stated_by) {
    case stated_by::value:
      break;
    case stated_by::cell:
      return size.cells_in_series;
    case stated_by::rated_current:
      return side == direction::high ? size.discharge_current_a : -size.charge_current_a;
    case stated_by::volt:
      return highest_v(rules, size) * (unit == "kOhm" ? 1e-3 : 1);
  }
  return 1;
}

// To millionths: 480 times 3.55 is 1704.
double times(double value, double factor) {
  constexpr double millionth = 1e6;
  return std::round(value * factor * millionth) / millionth;
}

void scale(candidate& made, double factor) {
  for (auto& each : made.limits) {
    each.set = times(each.set, factor);
    each.clear = times(each.clear, factor);
  }
  made.minimum = times(made.minimum, factor);
  made.maximum = times(made.maximum, factor);
  if (factor < 0) std::swap(made.minimum, made.maximum);
}

bool is_left_out(const action& one) {
  return one.kind == action_kind::open_ordered || one.kind == action_kind::open_immediate ||
         one.kind == action_kind::lock || one.kind == action_kind::inhibit_close;
}

void add_once(std::vector<action>& to, action_kind kind) {
  if (std::ranges::find(to, kind, &action::kind) == to.end()) to.push_back({kind, 0});
}

} // namespace

std::optional<candidate> default_of(const table& rules, std::string_view name, const quantity& of,
                                    const rack_size* size, std::string_view unit) {
  const auto own = parse_own(name);
  if (!own) return std::nullopt;
  const auto source = own->direction == direction::high ? of.high : of.low;
  const auto* found = source.empty() ? nullptr : find(rules, source);
  if (found == nullptr) return std::nullopt;
  auto made = *found;
  made.name = name;
  if (of.stated_by == stated_by::value) return made;
  made.unit = unit.empty() ? of.unit : unit;
  made.direction = own->direction;
  const auto factor = size == nullptr ? 0 : factor_of(rules, of, own->direction, *size, made.unit);
  if (factor == 0) return std::nullopt;
  scale(made, factor);
  return made;
}

candidate without_opening(candidate of) {
  for (auto& each : of.limits) {
    const bool opens_rack = opens(each);
    std::erase_if(each.actions, is_left_out);
    if (opens_rack) {
      add_once(each.actions, action_kind::stop_charge);
      add_once(each.actions, action_kind::stop_discharge);
    }
    if (each.actions.empty()) each.actions.push_back({action_kind::log, 0});
    if (each.latch == latch::lock) each.latch = latch::user;
  }
  return of;
}

} // namespace voltaic::messages::protection
