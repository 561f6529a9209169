#include "actors/inverter_link/falling_model.hpp"

#include <algorithm>
#include <array>

namespace voltaic::actors::inverter_link {
namespace {

using messages::inverter::item;
using messages::inverter::item_of;

constexpr std::array limits = {item_of("charge_current_limit"), item_of("discharge_current_limit"),
                               item_of("charge_power_limit"),   item_of("discharge_power_limit"),
                               item_of("charge_enable"),        item_of("discharge_enable")};

/// A permission counts as a limit of one or none.
std::optional<double> value_of(item which, const messages::inverter::payload& from) {
  if (const auto allowed = from.flag(which)) return *allowed ? 1 : 0;
  return from.number(which);
}

} // namespace

falling_model::falling_model(const std::vector<messages::inverter::frame_layout>& frames) {
  for (const auto& each : frames) {
    auto& kept = frames_.emplace_back();
    if (each.period_ms == 0) continue; // sent only as an answer
    for (const auto& field : each.fields)
      if (std::ranges::find(limits, field.item) != limits.end()) kept.push_back({field.item, {}});
  }
}

bool falling_model::fell(std::size_t position, const messages::inverter::payload& now) const {
  return std::ranges::any_of(frames_.at(position), [&](const told& each) {
    const auto value = value_of(each.limit, now);
    if (!value || !each.value) return false;
    return *value < *each.value * (1 - urgent_fall_share) || (*value <= 0 && *each.value > 0);
  });
}

void falling_model::went_out(std::size_t position, const messages::inverter::payload& with) {
  for (auto& each : frames_.at(position)) each.value = value_of(each.limit, with);
}

} // namespace voltaic::actors::inverter_link
