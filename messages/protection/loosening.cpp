#include "messages/protection/loosening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace voltaic::messages::protection {
namespace {

bool is_weaker(const action& now, const action& before) {
  return now.kind != before.kind || now.percent > before.percent;
}

/// A strong action does what a weaker one does.
bool covers(const std::vector<action>& all, const action& wanted) {
  return std::ranges::any_of(all, [&](const action& each) {
    const bool stops_charge =
        each.kind == action_kind::stop_charge && wanted.kind == action_kind::derate_charge;
    const bool stops_discharge =
        each.kind == action_kind::stop_discharge && wanted.kind == action_kind::derate_discharge;
    const bool opens_at_once =
        each.kind == action_kind::open_immediate && wanted.kind == action_kind::open_ordered;
    return stops_charge || stops_discharge || opens_at_once || !is_weaker(each, wanted);
  });
}

/// The first respect in which a level protects less.
std::string_view weaker_part(const limit& before, const limit& after, direction side) {
  const double outward = side == direction::high ? 1 : -1;
  if ((after.set - before.set) * outward > 0) return "set";
  if ((after.clear - before.clear) * outward > 0) return "clear";
  if (after.set_ms > before.set_ms) return "set_ms";
  if (after.clear_ms < before.clear_ms) return "clear_ms";
  if (after.latch < before.latch) return "latch";
  if (after.condition != before.condition && !after.condition.empty()) return "condition";
  const bool all_covered = std::ranges::all_of(
      before.actions, [&](const action& each) { return covers(after.actions, each); });
  return all_covered ? "" : "actions";
}

/// Where two curves could differ most: at their corners.
bool leaves_more(const curve& before, const curve& after) {
  const auto more_at = [&](const corner& each) {
    return percent_at(after, each.at) > percent_at(before, each.at);
  };
  return std::ranges::any_of(before, more_at) || std::ranges::any_of(after, more_at);
}

} // namespace

std::vector<std::string> loosenings(const table& before, const table& after) {
  std::vector<std::string> found;
  for (const auto& was : before.candidates) {
    const auto is = std::ranges::find(after.candidates, was.name, &candidate::name);
    if (is == after.candidates.end()) {
      found.push_back(was.name + " is gone");
      continue;
    }
    if (is->period_ms > was.period_ms) found.push_back(was.name + ": period_ms");
    for (const auto& level : was.limits) {
      const auto same = std::ranges::find(is->limits, level.level, &limit::level);
      const auto name = fmt::format("{}/{}", was.name, to_string(level.level));
      if (same == is->limits.end()) {
        found.push_back(name + " is gone");
      } else if (const auto part = weaker_part(level, *same, was.direction); !part.empty()) {
        found.push_back(fmt::format("{}: {}", name, part));
      }
    }
  }
  return found;
}

std::vector<std::string> loosenings(const derating& before, const derating& after) {
  std::vector<std::string> found;
  const auto add = [&](bool is_looser, const char* what) {
    if (is_looser) found.push_back(fmt::format("derating: {}", what));
  };
  const auto looser = [](const curve_pair& was, const curve_pair& is) {
    return leaves_more(was.charge, is.charge) || leaves_more(was.discharge, is.discharge);
  };
  add(looser(before.cell_voltage, after.cell_voltage), "cell voltage");
  add(looser(before.temperature, after.temperature), "temperature");
  add(looser(before.soc, after.soc), "soc");
  add(after.recovery_percent_per_s > before.recovery_percent_per_s, "recovery_percent_per_s");
  add(after.hysteresis_percent < before.hysteresis_percent, "hysteresis_percent");
  add(after.trend_horizon_s < before.trend_horizon_s, "trend_horizon_s");
  add(after.charge_target_cell_v > before.charge_target_cell_v, "charge_target_cell_v");
  add(after.discharge_target_cell_v < before.discharge_target_cell_v, "discharge_target_cell_v");
  return found;
}

} // namespace voltaic::messages::protection
