#include <algorithm>
#include <cmath>
#include <utility>

#include "actors/protection/input_model.hpp"
#include "messages/time.hpp"

/// What follows from several measured values, and from limits that an inverter was told.
namespace voltaic::actors::protection {

namespace {

constexpr double millionth = 1e6;
constexpr double ohm_per_volt_parts = 1e3;
constexpr double percent = 100;

std::optional<std::int32_t> spread_of(const element_values& of) {
  if (!of.any_valid) return std::nullopt;
  const auto between = std::int64_t{of.maximum} - of.minimum;
  return static_cast<std::int32_t>(std::min<std::int64_t>(between, fixed_max));
}

} // namespace

void input_model::derive(std::uint32_t touched, std::int64_t now_us) {
  if ((touched & bit(measured::cell_voltage)) != 0) {
    derived(input_kind::cell_voltage_spread).put(spread_of(scan(measured::cell_voltage).values()));
  }
  if ((touched & bit(measured::cell_temperature)) != 0) {
    derived(input_kind::temperature_spread)
        .put(spread_of(scan(measured::cell_temperature).values()));
  }
  constexpr auto of_voltages =
      bit(measured::voltage) | bit(measured::insulation_resistance) | bit(measured::cell_voltage);
  if ((touched & of_voltages) != 0) derive_voltages();
  if ((touched & bit(measured::current)) != 0) {
    derive_ratios();
    derive_ignored();
    derive_current(now_us);
  }
  if ((touched & (bit(measured::soc) | bit(measured::cell_voltage))) != 0) derive_soc();
  if ((touched & bit(measured::cell_voltage)) != 0) {
    derive_frozen(now_us);
    derive_wires();
  }
  if ((touched & bit(measured::cell_temperature)) != 0 && rise_) derive_runaway(now_us);
  if ((touched & regarded_for_fit) != 0) derive_fit();
}

void input_model::derive_voltages() {
  const auto rack_v = value_of(measured::voltage);
  std::optional<std::int32_t> per_cell;
  if (rack_v) {
    per_cell =
        fixed_at_most(*rack_v / options_[position_of(measured::cell_voltage)].count, millionth);
  }
  derived(input_kind::rack_voltage_per_cell).put(per_cell);
  std::optional<std::int32_t> insulation;
  const auto resistance_ohm = value_of(measured::insulation_resistance);
  // Without voltage nothing can leak, and nothing is known of what would.
  if (rack_v && *rack_v > 0 && resistance_ohm) {
    insulation = fixed_at_most(*resistance_ohm / *rack_v, ohm_per_volt_parts);
  }
  derived(input_kind::insulation_per_volt).put(insulation);
  derive_mismatch();
}

void input_model::derive_mismatch() {
  std::optional<std::int32_t> mismatch;
  const auto rack_v = value_of(measured::voltage);
  const auto sum = scan(measured::cell_voltage).values().sum_if_all_valid();
  if (rack_v && *rack_v > 0 && sum) {
    const double sum_v = static_cast<double>(*sum) / describe(measured::cell_voltage).parts;
    mismatch = fixed_at_most(std::abs(sum_v - *rack_v) / *rack_v * percent, millionth);
  }
  derived(input_kind::voltage_sum_mismatch).put(mismatch);
}

void input_model::derive_ratios() {
  const auto current_a = value_of(measured::current);
  const auto ratio = [&](double flowing_a, double limit_a,
                         const base& of) -> std::optional<std::int32_t> {
    if (!current_a) return std::nullopt;
    return fixed_at_most(std::max(flowing_a, 0.0) / std::max(limit_a, limit_share_min * of.rated_a),
                         millionth);
  };
  const double discharging_a = current_a.value_or(0);
  derived(input_kind::charge_ratio).put(ratio(-discharging_a, charge_.in_force_a, charge_));
  derived(input_kind::charge_ratio_followed)
      .put(ratio(-discharging_a, charge_.followed_a, charge_));
  derived(input_kind::discharge_ratio).put(ratio(discharging_a, discharge_.in_force_a, discharge_));
  derived(input_kind::discharge_ratio_followed)
      .put(ratio(discharging_a, discharge_.followed_a, discharge_));
}

void input_model::follow(base& of, double limit_a, std::int64_t now_us) {
  of.in_force_a = limit_a;
  if (limit_a < of.followed_a && now_us - of.followed_us < limit_follow_us) return;
  of.followed_a = limit_a;
  of.followed_us = now_us;
}

void input_model::follow(double charge_a, double discharge_a, std::int64_t now_us) {
  const auto before = std::pair(charge_, discharge_);
  follow(charge_, charge_a, now_us);
  follow(discharge_, discharge_a, now_us);
  const auto changed = [](const base& one, const base& other) {
    return one.in_force_a != other.in_force_a || one.followed_a != other.followed_a;
  };
  if (is_bound(measured::current) &&
      (changed(before.first, charge_) || changed(before.second, discharge_))) {
    derive_ratios();
    derive_ignored();
  }
}

} // namespace voltaic::actors::protection
