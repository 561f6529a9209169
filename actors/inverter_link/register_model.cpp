#include "actors/inverter_link/register_model.hpp"

#include <algorithm>
#include <cmath>

namespace voltaic::actors::inverter_link {

namespace wire = messages::inverter;
using wire::item_of;

namespace {

constexpr double counter_end = 65'536;
// A step of a device's register that is reached but for rounding.
constexpr double step_tolerance = 1e-6;

// What stops the flow when nobody renews it: the currents, or the powers of an inverter that
// takes none.
bool is_leased(const wire::inverter_profile& profile, wire::item which) {
  const auto writes = [&](wire::item current) {
    return std::ranges::any_of(profile.writes,
                               [&](const auto& each) { return each.item == current; });
  };
  constexpr auto charge = item_of("charge_current_limit");
  constexpr auto discharge = item_of("discharge_current_limit");
  if (which == item_of("charge_power_limit")) return !writes(charge);
  if (which == item_of("discharge_power_limit")) return !writes(discharge);
  return which == charge || which == discharge;
}

// The largest value of the point that asks no more of the battery than this.
double fitted(const settable_range& range, double value, wire::rounding side) {
  const double steps = value / range.resolution;
  double whole = std::round(steps);
  if (side == wire::rounding::down) whole = std::floor(steps + step_tolerance);
  if (side == wire::rounding::up) whole = std::ceil(steps - step_tolerance);
  return std::clamp(whole * range.resolution, range.minimum, range.maximum);
}

} // namespace

double register_model::settled(wire::item which, const settable_range& range, double value,
                               bool is_stopped) {
  const auto known = written_.find(which);
  const bool is_power =
      which == item_of("charge_power_limit") || which == item_of("discharge_power_limit");
  const bool is_stopped_voltage = which == item_of("charge_voltage_limit") && is_stopped;
  if (known != written_.end()) {
    const double rise = value - known->second;
    const double least_rise = power_rise_share * (range.maximum - range.minimum);
    if (is_power && rise > 0 && rise < least_rise && value < range.maximum) return known->second;
    if (is_stopped_voltage && std::abs(rise) < stopped_voltage_step_v) return known->second;
  }
  written_[which] = value;
  return value;
}

std::vector<written_value> register_model::values(const wire::payload& told) {
  std::vector<written_value> all;
  const bool is_stopped = told.number(item_of("charge_current_limit")).value_or(0) <= 0;
  for (const auto& each : profile_->writes) {
    const auto value = told.number(each.item);
    const auto range = settable_.find(each.point);
    if (!value || range == settable_.end()) continue;
    const double wanted = settled(each.item, range->second, *value, is_stopped);
    all.push_back({each.point, fitted(range->second, wanted, wire::items[each.item].rounding),
                   is_leased(*profile_, each.item)});
  }
  return all;
}

std::optional<written_value> register_model::beat(std::int64_t now_us) {
  const auto& wanted = profile_->heartbeat;
  if (wanted.write.empty()) return std::nullopt;
  const auto period_us = std::int64_t{wanted.period_ms} * messages::us_per_ms;
  if (!own_beat_us_ || now_us - *own_beat_us_ >= period_us) {
    own_beat_us_ = now_us;
    own_beat_ = std::fmod(own_beat_ + 1, counter_end);
  }
  return written_value{wanted.write, own_beat_};
}

} // namespace voltaic::actors::inverter_link
