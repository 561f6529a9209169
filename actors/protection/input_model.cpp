#include "actors/protection/input_model.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "actors/protection/ladder_model.hpp"
#include "actors/protection/plausibility_model.hpp"
#include "messages/points/names.hpp"

namespace voltaic::actors::protection {

namespace {

constexpr double millionth = 1e6;
constexpr double ohm_per_volt_parts = 1e3;

struct known_input {
  std::string_view candidate;
  protection::input input;
};
constexpr std::array<known_input, 27> known_inputs{{
    {"cell_overvoltage", {input_kind::measured, measured::cell_voltage}},
    {"cell_undervoltage", {input_kind::measured, measured::cell_voltage}},
    {"rack_overvoltage", {input_kind::rack_voltage_per_cell, measured::voltage}},
    {"rack_undervoltage", {input_kind::rack_voltage_per_cell, measured::voltage}},
    {"cell_voltage_spread", {input_kind::cell_voltage_spread, measured::cell_voltage}},
    {"charge_overtemperature", {input_kind::measured, measured::cell_temperature}},
    {"charge_undertemperature", {input_kind::measured, measured::cell_temperature}},
    {"discharge_overtemperature", {input_kind::measured, measured::cell_temperature}},
    {"discharge_undertemperature", {input_kind::measured, measured::cell_temperature}},
    {"temperature_spread", {input_kind::temperature_spread, measured::cell_temperature}},
    {"charge_overcurrent", {input_kind::charge_ratio, measured::current}},
    {"discharge_overcurrent", {input_kind::discharge_ratio, measured::current}},
    {"soc_low", {input_kind::soc_believed, measured::soc}},
    {"soc_high", {input_kind::soc_believed, measured::soc}},
    {"insulation_resistance_low",
     {input_kind::insulation_per_volt, measured::insulation_resistance}},
    {"terminal_overtemperature", {input_kind::measured, measured::terminal_temperature}},
    {"voltage_sum_mismatch", {input_kind::voltage_sum_mismatch, measured::voltage}},
    {soc_implausible, {input_kind::soc_contradiction, measured::soc}},
    {limit_ignored, {input_kind::limit_ignored, measured::current}},
    {current_implausible, {input_kind::current_contradiction, measured::current}},
    {sensor_step, {input_kind::steps, measured::cell_voltage}},
    {open_wire, {input_kind::open_wire, measured::cell_voltage}},
    {cooling_failed, {input_kind::cooling_missing, measured::fan_tacho}},
    {bus_off, {input_kind::bus_offs, measured::cell_voltage}},
    {bus_errors, {input_kind::bus_error_count, measured::cell_voltage}},
    {profile_mismatch, {input_kind::profile_misfit, measured::cell_voltage}},
    {thermal_runaway, {input_kind::runaway_rate, measured::cell_temperature}},
}};

} // namespace

input input_for(std::string_view candidate) {
  const auto* found = std::ranges::find(known_inputs, candidate, &known_input::candidate);
  return found == known_inputs.end() ? input{} : found->input;
}

double own_parts(double largest_value) {
  double parts = millionth;
  while (std::isfinite(largest_value) && largest_value * parts > fixed_max) parts /= 10;
  return parts;
}

input_model::point::point(const point_options& options, std::int32_t step_max)
    : scan(options.count, silence_after(options.period_ms).warning_ms * messages::us_per_ms,
           step_max, recovery_hold_us(options.period_ms)),
      silence_warning_ms(silence_after(options.period_ms).warning_ms) {}

input_model::input_model(const measured_options& points, const ratings& rated)
    : options_(points),
      rated_(rated),
      derived_([]<std::size_t... each>(std::index_sequence<each...>) {
        return decltype(derived_){(static_cast<void>(each), element_values(1))...};
      }(std::make_index_sequence<static_cast<std::size_t>(input_kind::frozen)>{})),
      current_check_(rated.capacity_ah),
      runaway_(points[position_of(measured::cell_temperature)].count),
      charge_{rated.charge_a, rated.charge_a, rated.charge_a, 0},
      discharge_{rated.discharge_a, rated.discharge_a, rated.discharge_a, 0} {
  for (std::size_t each = 0; each < points.size(); ++each) {
    if (points[each].count == 0) continue;
    points_.resize(std::max(points_.size(), each + 1));
    const auto what = static_cast<measured>(each);
    const double step_max = is_own(what) ? 0 : describe(what).step_max * describe(what).parts;
    points_[each].emplace(points[each], static_cast<std::int32_t>(step_max));
  }
  const auto& cells = points[position_of(measured::cell_voltage)];
  if (cells.count > 0 && is_bound(measured::current)) {
    frozen_.emplace(cells.count, cells.period_ms, rated.capacity_ah, cells.resolution);
  }
  const auto& temperatures = points[position_of(measured::cell_temperature)];
  if (temperatures.count > 0) rise_.emplace(temperatures.count, temperatures.period_ms);
}

std::uint32_t input_model::needs(const input& from) {
  switch (from.kind) {
    case input_kind::rack_voltage_per_cell:
      return bit(measured::voltage);
    case input_kind::insulation_per_volt:
      return bit(measured::insulation_resistance) | bit(measured::voltage);
    case input_kind::voltage_sum_mismatch:
      return bit(measured::voltage) | bit(measured::cell_voltage);
    case input_kind::soc_believed:
    case input_kind::soc_contradiction:
      return bit(measured::soc) | bit(measured::cell_voltage);
    case input_kind::frozen:
    case input_kind::frozen_all:
      return bit(measured::cell_voltage) | bit(measured::current);
    case input_kind::runaway_rate:
      return bit(measured::cell_temperature);
    // Charged whether they speak or not.
    case input_kind::cooling_missing:
    case input_kind::bus_offs:
    case input_kind::bus_error_count:
    case input_kind::none:
      return 0;
    default:
      return bit(from.of);
  }
}

std::uint32_t input_model::regards(const input& from) {
  return from.kind == input_kind::profile_misfit ? regarded_for_fit : 0;
}

bool input_model::is_bound(const input& from) const {
  // Either shows that it runs.
  if (from.kind == input_kind::cooling_missing)
    return is_bound(measured::fan_tacho) || is_bound(measured::coolant_flow);
  if (from.kind == input_kind::bus_offs || from.kind == input_kind::bus_error_count)
    return !rated_.bus.empty();
  const auto needed = needs(from);
  for (std::size_t each = 0; each < measured_count; ++each) {
    if ((needed >> each & 1U) != 0 && !is_bound(static_cast<measured>(each))) return false;
  }
  return needed != 0;
}

std::size_t input_model::count(const input& from) const {
  const bool is_each = from.kind == input_kind::measured || from.kind == input_kind::frozen ||
                       from.kind == input_kind::runaway_rate;
  return is_each ? options_[position_of(from.of)].count : 1;
}

double input_model::parts(const input& from) {
  switch (from.kind) {
    case input_kind::measured:
      return describe(from.of).parts;
    case input_kind::insulation_per_volt:
      return ohm_per_volt_parts;
    case input_kind::invalid_count:
    case input_kind::unusable_time:
    case input_kind::silence:
    case input_kind::soc_contradiction:
    case input_kind::current_contradiction:
    case input_kind::frozen:
    case input_kind::frozen_all:
    case input_kind::steps:
    case input_kind::open_wire:
    case input_kind::cooling_missing:
    case input_kind::bus_offs:
    case input_kind::bus_error_count:
    case input_kind::profile_misfit:
    case input_kind::none:
      return 1;
    default:
      return millionth;
  }
}

double input_model::parts_of(const input& from) const {
  const bool is_own_value = from.kind == input_kind::measured && is_own(from.of);
  return is_own_value ? own_parts(options_[position_of(from.of)].largest_value) : parts(from);
}

std::string_view input_model::name_of(measured what) const {
  return is_own(what) ? std::string_view(options_[position_of(what)].name) : describe(what).point;
}

bool input_model::is_needed_to_close(measured what) const {
  return is_own(what) ? options_[position_of(what)].loss == severity::opens
                      : describe(what).needed_to_close;
}

element_values& input_model::derived(input_kind kind) {
  return derived_[static_cast<std::size_t>(kind)];
}

const element_values& input_model::values(const input& from) const {
  switch (from.kind) {
    case input_kind::measured:
      return scan(from.of).values();
    case input_kind::invalid_count:
      return points_[position_of(from.of)]->invalid;
    case input_kind::unusable_time:
      return points_[position_of(from.of)]->unusable_ms;
    case input_kind::silence:
      return points_[position_of(from.of)]->silence;
    case input_kind::frozen:
      return frozen_->ages_ms();
    case input_kind::frozen_all:
      return frozen_->all();
    case input_kind::runaway_rate:
      return runaway_;
    default:
      return derived_[static_cast<std::size_t>(from.kind)];
  }
}

std::optional<double> input_model::value_of(measured what) const {
  if (!is_bound(what) || !scan(what).values().any_valid) return std::nullopt;
  return scan(what).values().value[0] / describe(what).parts;
}

condition_values input_model::for_conditions() const {
  const auto& soc = derived_[static_cast<std::size_t>(input_kind::soc_believed)];
  return {value_of(measured::current),
          soc.any_valid ? std::optional(soc.value[0] / millionth) : std::nullopt};
}

input_model::charges input_model::charges_us(std::int64_t from_us, std::int64_t to_us) const {
  charges all{};
  for (std::size_t each = 0; each < points_.size(); ++each) {
    if (points_[each]) all[each] = points_[each]->scan.charge_us(from_us, to_us);
  }
  return all;
}

bool input_model::heard_all() const {
  for (std::size_t each = 0; each < points_.size(); ++each) {
    if (!points_[each] || !is_needed_to_close(static_cast<measured>(each))) continue;
    if (!points_[each]->scan.all_received()) return false;
  }
  return true;
}

std::string input_model::scope_of(const input& from, std::uint32_t position) const {
  std::string name(name_of(from.of));
  const auto element =
      is_own(from.of) ? messages::points::element_word(name) : describe(from.of).element;
  const auto group_size = options_[position_of(from.of)].group_size;
  const auto named = [&](std::uint32_t index) {
    return options_[position_of(from.of)].count == 1
               ? name
               : messages::points::scope_of(index, group_size, element);
  };
  switch (from.kind) {
    case input_kind::measured:
    case input_kind::frozen:
    case input_kind::runaway_rate:
      return count(from) == 1 ? "rack" : named(position);
    case input_kind::frozen_all:
    case input_kind::steps:
      return name;
    case input_kind::open_wire:
      return named(open_wire_at_);
    case input_kind::invalid_count:
      return scan(from.of).invalid_count() == 1 ? named(scan(from.of).first_invalid()) : name;
    case input_kind::unusable_time:
    case input_kind::silence:
      return name;
    case input_kind::bus_offs:
    case input_kind::bus_error_count:
      return rated_.bus;
    default:
      return "rack";
  }
}

std::uint32_t input_model::take(std::span<const element_block> blocks, std::int64_t now_us) {
  std::uint32_t touched = 0;
  for (const auto& block : blocks) {
    if (!is_bound(block.of)) continue;
    auto& known = points_[position_of(block.of)];
    // What comes now ends a lateness that no step has seen.
    if (known->was_received) judge_lateness(*known, now_us);
    known->scan.apply(block, now_us);
    touched |= bit(block.of);
  }
  for (std::size_t each = 0; each < points_.size(); ++each) {
    if ((touched >> each & 1U) == 0) continue;
    points_[each]->invalid.put(static_cast<std::int32_t>(points_[each]->scan.invalid_count()));
  }
  derive(touched, now_us);
  return touched;
}

std::uint32_t input_model::expiring(std::int64_t now_us) const {
  std::uint32_t found = 0;
  for (std::size_t each = 0; each < points_.size(); ++each) {
    if (points_[each] && points_[each]->scan.expires(now_us)) found |= 1U << each;
  }
  return found;
}

void input_model::expire(std::uint32_t points, std::int64_t now_us) {
  for (std::size_t each = 0; each < points_.size(); ++each) {
    if ((points >> each & 1U) != 0) points_[each]->scan.expire(now_us);
  }
}

bool input_model::is_current(measured what) const {
  const auto& known = points_[position_of(what)];
  return known && known->scan.all_received() && known->silence.maximum < known->silence_warning_ms;
}

bool input_model::is_current(const input& from) const {
  const auto needed = needs(from);
  for (std::size_t each = 0; each < points_.size(); ++each) {
    if ((needed >> each & 1U) != 0 && !is_current(static_cast<measured>(each))) return false;
  }
  return true;
}

void input_model::begin(std::int64_t now_us) {
  begun_ = true;
  for (auto& each : points_) {
    if (each) each->scan.begin(now_us);
  }
}

void input_model::pass(std::int64_t now_us, std::uint32_t touched) {
  if (!begun_) begin(now_us);
  for (std::size_t what = 0; what < points_.size(); ++what) {
    if (!points_[what] || (touched >> what & 1U) == 0) continue;
    pass(*points_[what], is_needed_to_close(static_cast<measured>(what)), now_us);
  }
  derive_cooling(now_us);
  derive_link(now_us);
}

// After a silence only whole scans in a row count as speech. One that comes late ends the row
// before it and is the first of the next: it proves what is now, and nothing of the time between.
void input_model::judge_lateness(point& of, std::int64_t now_us) {
  const auto age_ms = of.scan.oldest_age_us(now_us) / messages::us_per_ms;
  const bool is_late = age_ms >= of.silence_warning_ms;
  if (is_late && !of.is_late) of.scan.restart_scans();
  of.is_late = is_late;
}

void input_model::pass(point& of, bool is_needed, std::int64_t now_us) {
  of.was_received = of.was_received || of.scan.all_received();
  // Without it nothing closes. What nothing waits for is missed from the start on.
  if (!of.was_received && is_needed) return;
  // A device that never measured is as long without it as one that broke.
  if (of.usable_us < 0 || of.scan.invalid_count() == 0) of.usable_us = now_us;
  const auto unusable_ms =
      std::min<std::int64_t>((now_us - of.usable_us) / messages::us_per_ms, fixed_max);
  of.unusable_ms.put(static_cast<std::int32_t>(unusable_ms));
  const auto age_ms =
      std::min<std::int64_t>(of.scan.oldest_age_us(now_us) / messages::us_per_ms, fixed_max);
  auto shown_ms = static_cast<std::int32_t>(age_ms);
  const auto warning_ms = of.silence_warning_ms;
  judge_lateness(of, now_us);
  const bool is_back = of.silence.value[0] < warning_ms || of.scan.scans() >= scans_for_ready;
  if (!is_back || of.scan.is_recovering()) shown_ms = std::max(shown_ms, warning_ms);
  of.silence.put(shown_ms);
  // Whoever speaks after that may be somebody else.
  const bool is_cells = points_.front() && &of == &*points_.front();
  if (is_cells && age_ms >= silence_after(options_.front().period_ms).fault_ms) fit_.forget();
}

} // namespace voltaic::actors::protection
