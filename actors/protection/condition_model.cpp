#include "actors/protection/condition_model.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace voltaic::actors::protection {

namespace {

using messages::protection::candidate;
using messages::protection::clause;
using messages::protection::level;
using messages::protection::limit;
using messages::protection::table;

/// The fault value of the candidate that stands to discharging as this one does to charging.
std::optional<double> discharge_fault_of(const candidate& watched, const table& all) {
  constexpr std::string_view charging = "charge_";
  if (!watched.name.starts_with(charging)) return std::nullopt;
  const auto other = "discharge_" + watched.name.substr(charging.size());
  const auto found = std::ranges::find(all.candidates, other, &candidate::name);
  if (found == all.candidates.end()) return std::nullopt;
  const auto fault = std::ranges::find(found->limits, level::fault, &limit::level);
  return fault == found->limits.end() ? std::nullopt : std::optional(fault->set);
}

} // namespace

condition_model::condition_model(const messages::protection::condition& asked,
                                 const candidate& watched, const table& table, double capacity_ah)
    : sign_(watched.direction == messages::protection::direction::high ? 1 : -1) {
  for (const auto& each : asked) {
    part made{each.asks, each.first, each.second};
    switch (each.asks) {
      case clause::kind::charging_over:
      case clause::kind::discharging_over:
      case clause::kind::current_under:
        made.first = each.first * capacity_ah;
        made.known = capacity_ah > 0;
        break;
      case clause::kind::above_discharge_fault: {
        const auto fault = discharge_fault_of(watched, table);
        made.first = fault.value_or(0);
        made.known = fault.has_value();
        break;
      }
      case clause::kind::soc_between:
        break;
    }
    parts_.push_back(made);
  }
}

bool condition_model::holds(const condition_values& now, std::optional<double> worst) const {
  return parts_.empty() ||
         std::ranges::any_of(parts_, [&](const part& each) { return holds(each, now, worst); });
}

bool condition_model::holds(const part& asked, const condition_values& now,
                            std::optional<double> worst) const {
  if (!asked.known) return true;
  switch (asked.asks) {
    case clause::kind::charging_over:
      return !now.current_a || -*now.current_a > asked.first;
    case clause::kind::discharging_over:
      return !now.current_a || *now.current_a > asked.first;
    case clause::kind::current_under:
      return !now.current_a || std::abs(*now.current_a) < asked.first;
    case clause::kind::soc_between:
      return !now.soc_percent ||
             (*now.soc_percent >= asked.first && *now.soc_percent <= asked.second);
    case clause::kind::above_discharge_fault:
      break;
  }
  return !worst || sign_ * *worst >= sign_ * asked.first;
}

} // namespace voltaic::actors::protection
