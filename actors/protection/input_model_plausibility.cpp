#include <algorithm>
#include <limits>

#include "actors/protection/input_model.hpp"
#include "actors/protection/wire_model.hpp"

/// What measured values say about each other, and how fast they change.
namespace voltaic::actors::protection {

namespace {

constexpr double millionth = 1e6;
/// A cell that lost this share of the largest voltage beside it is breaking down.
constexpr double breakdown_share = 0.25;
/// Slower than a turn a second, or less than this a minute, cools nothing.
constexpr double fan_rpm_min = 60;
constexpr double flow_l_min = 0.1;

} // namespace

void input_model::derive_soc() {
  const auto soc_percent = value_of(measured::soc);
  const auto& cells = scan(measured::cell_voltage).values();
  const double lowest_v = cells.minimum / describe(measured::cell_voltage).parts;
  const bool contradicts =
      soc_percent && *soc_percent <= 0 && cells.any_valid && lowest_v > rated_.empty_cell_v;
  std::optional<std::int32_t> believed;
  if (soc_percent && !contradicts) believed = fixed_at_most(*soc_percent, millionth);
  derived(input_kind::soc_believed).put(believed);
  std::optional<std::int32_t> contradiction;
  if (soc_percent) contradiction = contradicts ? 1 : 0;
  derived(input_kind::soc_contradiction).put(contradiction);
}

void input_model::derive_ignored() {
  const auto current_a = value_of(measured::current);
  if (!current_a) return derived(input_kind::limit_ignored).put(std::nullopt);
  const auto share = [](double flowing_a, const base& of) {
    const double least_a = limit_share_min * of.rated_a;
    return of.in_force_a < least_a ? std::max(flowing_a, 0.0) / least_a : 0.0;
  };
  derived(input_kind::limit_ignored)
      .put(fixed_at_most(std::max(share(-*current_a, charge_), share(*current_a, discharge_)),
                         millionth));
}

void input_model::derive_current(std::int64_t now_us) {
  current_check_.step(
      {value_of(measured::current), value_of(measured::voltage), value_of(measured::soc)}, now_us);
  const auto witnessed = witness_.contradicts(now_us);
  std::optional<std::int32_t> contradiction;
  if (current_check_.contradicts()) {
    contradiction = 1;
  } else if (witnessed) {
    contradiction = *witnessed ? 1 : 0;
  }
  derived(input_kind::current_contradiction).put(contradiction);
}

void input_model::derive_frozen(std::int64_t now_us) {
  const auto& cells = scan(measured::cell_voltage);
  if (frozen_) {
    frozen_->step(cells.values(), {value_of(measured::current), value_of(measured::voltage)},
                  now_us);
  }
  derived(input_kind::steps).put(static_cast<std::int32_t>(cells.unconfirmed_count()));
}

void input_model::derive_wires() {
  const auto& cells = scan(measured::cell_voltage).values();
  if (!cells.any_valid) return derived(input_kind::open_wire).put(std::nullopt);
  const auto found =
      cells_beside_open_wires(cells, options_[position_of(measured::cell_voltage)].group_size);
  if (found.cells > 0) open_wire_at_ = found.first;
  derived(input_kind::open_wire).put(static_cast<std::int32_t>(found.cells));
}

void input_model::derive_cooling(std::int64_t now_us) {
  // Who says nothing shows nothing.
  const auto runs = [&](measured what, double least) {
    if (!is_bound(what)) return true;
    const auto& known = scan(what);
    return is_current(what) && known.invalid_count() == 0 &&
           known.values().minimum >= least * describe(what).parts;
  };
  const bool is_missing = cooling_demanded_ && (!runs(measured::fan_tacho, fan_rpm_min) ||
                                                !runs(measured::coolant_flow, flow_l_min));
  if (!is_missing || !cooled_us_) cooled_us_ = now_us;
  const auto missing_ms =
      std::min<std::int64_t>((now_us - *cooled_us_) / messages::us_per_ms, fixed_max);
  derived(input_kind::cooling_missing).put(static_cast<std::int32_t>(missing_ms));
}

void input_model::derive_fit() {
  const auto seen = [this](measured what) { return is_bound(what) ? &scan(what) : nullptr; };
  fit_.step({seen(measured::cell_voltage), seen(measured::cell_temperature),
             seen(measured::voltage), seen(measured::current)});
  derived(input_kind::profile_misfit).put(fit_.misfits());
}

void input_model::derive_link(std::int64_t now_us) {
  if (!link_.is_known()) return;
  derived(input_kind::bus_offs).put(link_.offs(now_us));
  derived(input_kind::bus_error_count).put(link_.errors());
}

bool input_model::is_breaking_down() const {
  // Old voltages say nothing of what breaks down now: without others only heat counts.
  const auto& cells = scan(measured::cell_voltage).values();
  std::int32_t lowest = std::numeric_limits<std::int32_t>::max();
  std::int32_t highest = 0;
  for (std::size_t cell = 0; cell < cells.count; ++cell) {
    if (cells.valid[cell] == 0 || cells.fresh[cell] == 0) continue;
    lowest = std::min(lowest, cells.value[cell]);
    highest = std::max(highest, cells.value[cell]);
  }
  return lowest < (1 - breakdown_share) * highest;
}

void input_model::derive_runaway(std::int64_t now_us) {
  const auto& temperatures = scan(measured::cell_temperature).values();
  rise_->step(temperatures, now_us);
  const bool is_hot =
      temperatures.any_valid &&
      temperatures.maximum >= rated_.hot_c * describe(measured::cell_temperature).parts;
  const auto& rates = rise_->rates();
  if (is_hot || is_breaking_down()) {
    runaway_.value = rates.value;
    runaway_.valid = rates.valid;
  } else {
    std::ranges::fill(runaway_.value, 0);
    runaway_.valid = rates.valid;
  }
  runaway_.summarise();
}

} // namespace voltaic::actors::protection
