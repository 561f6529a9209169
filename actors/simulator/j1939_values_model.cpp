#include "actors/simulator/j1939_values_model.hpp"

#include <algorithm>
#include <cmath>

#include "actors/simulator/cell_pack_model.hpp"

namespace voltaic::actors::simulator {
namespace {

// Groups.
constexpr std::uint32_t power_group = 0xF090;       // HVESSD1
constexpr std::uint32_t charge_group = 0xF091;      // HVESSD2
constexpr std::uint32_t warmth_group = 0xF092;      // HVESSD3
constexpr std::uint32_t limit_group = 0xF094;       // HVESSD5
constexpr std::uint32_t bus_group = 0xF095;         // HVESSD6
constexpr std::uint32_t status_group = 0xF096;      // HVESSS1
constexpr std::uint32_t cell_group = 0xFF10;        // its maker's
constexpr std::uint32_t temperature_group = 0xFF11; // its maker's
constexpr std::uint32_t history_group = 0xFC5E;     // HVESSHIST
constexpr std::size_t history_bytes = 37;

// Raw numbers a unit, and what 0 stands for.
constexpr double power_steps = 20; // 0.05 kW
constexpr double voltage_steps = 20;
constexpr double current_steps = 20;
constexpr double current_offset_a = -1'600;
constexpr double charge_steps = 640;
constexpr double cell_steps = 1'000;
constexpr double temperature_steps = 32;
constexpr double temperature_offset_c = -273;
constexpr double percent_steps = 2.5; // 0.4 %
constexpr double raw_word_max = 0xFAFF;
constexpr double raw_byte_max = 0xFA;
constexpr std::uint64_t error_byte = 0xFE;
constexpr std::uint64_t error_word = 0xFE00;
constexpr std::uint64_t not_available_word = 0xFFFF;
constexpr std::uint8_t unused = 0xFF;

// The battery.
constexpr double temperature_c = 25;
constexpr double soh_percent = 98;
constexpr double limit_a = 100; // each way
constexpr double capacity_ah = 100;
constexpr double cell_resistance_ohm = 0.0005;
constexpr double us_per_hour = 3.6e9;
constexpr double w_per_kw = 1'000;
// Of a product of decimals that should have been a whole number.
constexpr double rounding = 1e-6;

constexpr std::string_view error_suffix = "_error";

void put(std::span<std::uint8_t> to, std::size_t at, std::size_t bytes, std::uint64_t raw) {
  for (std::size_t i = 0; i < bytes; ++i) to[at + i] = static_cast<std::uint8_t>(raw >> (8 * i));
}

// A limit is never rounded up.
double whole_steps(double value, double steps) {
  return std::floor(value * steps + rounding) / steps;
}

} // namespace

double j1939_battery_values::current_a() const {
  return current_.from == origin::laid ? current_.value : 0;
}

double j1939_battery_values::cell_v(std::size_t cell) const {
  const auto& over = cell_voltage_[cell];
  if (over.from == origin::laid) return over.value;
  return lfp_open_circuit_v(soc_percent_) - current_a() * cell_resistance_ohm;
}

double j1939_battery_values::voltage_v() const {
  double sum = 0;
  for (std::size_t i = 0; i < cells; ++i) sum += cell_v(i);
  return sum;
}

void j1939_battery_values::step(std::int64_t now_us) {
  const auto elapsed_us = last_us_ ? std::max<std::int64_t>(0, now_us - *last_us_) : 0;
  last_us_ = now_us;
  const double moved = current_a() * static_cast<double>(elapsed_us) / us_per_hour / capacity_ah;
  soc_percent_ = std::clamp(soc_percent_ - 100 * moved, 0.0, 100.0);
}

std::optional<j1939_battery_values::place> j1939_battery_values::find(std::string_view point) {
  // What is below both ends of a number of its group, the sentinels left out.
  constexpr double cell_max_v = 64.255;
  constexpr double voltage_max_v = 3'212.75;
  constexpr double current_max_a = 1'600;
  constexpr double temperature_max_c = raw_word_max / temperature_steps + temperature_offset_c;
  const auto one = [](overlay& of, double minimum, double maximum) {
    return place{{&of, 1}, minimum, maximum};
  };
  if (point == "cell_voltage") return place{cell_voltage_, 0, cell_max_v};
  if (point == "cell_temperature")
    return place{cell_temperature_, temperature_offset_c, temperature_max_c};
  if (point == "voltage") return one(voltage_, 0, voltage_max_v);
  if (point == "current") return one(current_, -current_max_a, current_max_a);
  if (point == "soc") return one(soc_, 0, 100);
  if (point == "soh") return one(soh_, 0, 100);
  if (point == "charge_current_limit") return one(charge_limit_, 0, current_max_a);
  if (point == "discharge_current_limit") return one(discharge_limit_, 0, current_max_a);
  if (point == "interlock") return one(interlock_, 0, 1);
  return std::nullopt;
}

bool j1939_battery_values::set(std::string_view point, std::optional<std::uint32_t> index,
                               equipment_effect effect, double value) {
  const bool is_error = point.ends_with(error_suffix);
  if (is_error) point.remove_suffix(error_suffix.size());
  const auto where = find(point);
  if (!where || (index && *index >= where->elements.size())) return false;
  overlay wanted;
  if (effect == equipment_effect::value) {
    if (is_error) {
      if (value != 0) wanted.from = origin::error;
    } else {
      if (!(value >= where->minimum && value <= where->maximum)) return false;
      wanted = {origin::laid, value};
    }
  } else if (effect == equipment_effect::invalid && !is_error) {
    wanted.from = origin::not_available;
  } else if (effect != equipment_effect::release) {
    return false;
  }
  std::ranges::fill(index ? where->elements.subspan(*index, 1) : where->elements, wanted);
  return true;
}

void j1939_battery_values::limit(std::optional<double> charge_a,
                                 std::optional<double> discharge_a) {
  if (charge_a) charge_limit_set_a_ = charge_a;
  if (discharge_a) discharge_limit_set_a_ = discharge_a;
}

void j1939_battery_values::forget_limits() {
  charge_limit_set_a_.reset();
  discharge_limit_set_a_.reset();
}

bool j1939_battery_values::is_interlock_open() const {
  return interlock_.from == origin::laid && interlock_.value != 0;
}

double j1939_battery_values::charge_limit_a() const {
  const double own = charge_limit_.from == origin::laid ? charge_limit_.value : limit_a;
  return std::min(own, charge_limit_set_a_.value_or(own));
}

double j1939_battery_values::discharge_limit_a() const {
  const double own = discharge_limit_.from == origin::laid ? discharge_limit_.value : limit_a;
  return std::min(own, discharge_limit_set_a_.value_or(own));
}

j1939_battery_values::reading j1939_battery_values::read(const overlay& over, double physical) {
  return {over.from == origin::laid ? over.value : physical, over.from};
}

std::array<j1939_battery_values::reading, j1939_battery_values::cells>
j1939_battery_values::read_cells() const {
  std::array<reading, cells> all;
  for (std::size_t i = 0; i < cells; ++i) all[i] = read(cell_voltage_[i], cell_v(i));
  return all;
}

std::array<j1939_battery_values::reading, j1939_battery_values::temperatures>
j1939_battery_values::read_temperatures() const {
  std::array<reading, temperatures> all;
  for (std::size_t i = 0; i < temperatures; ++i) all[i] = read(cell_temperature_[i], temperature_c);
  return all;
}

// What is not measured is in none of them; where nothing is, they say so.
j1939_battery_values::extremes j1939_battery_values::extremes_of(std::span<const reading> of) {
  extremes all;
  double sum = 0;
  std::size_t count = 0;
  bool is_error = false;
  for (const auto& each : of) {
    is_error = is_error || each.from == origin::error;
    if (!each.is_valid()) continue;
    if (count == 0 || each.value > all.highest.value) all.highest = each;
    if (count == 0 || each.value < all.lowest.value) all.lowest = each;
    sum += each.value;
    ++count;
  }
  if (count == 0) {
    const reading nothing{0, is_error ? origin::error : origin::not_available};
    return {nothing, nothing, nothing};
  }
  all.average.value = sum / static_cast<double>(count);
  return all;
}

std::uint64_t j1939_battery_values::raw(const reading& of, double steps, double offset,
                                        std::size_t bytes) {
  const bool is_byte = bytes == 1;
  if (of.from == origin::error) return is_byte ? error_byte : error_word;
  if (of.from == origin::not_available) return is_byte ? unused : not_available_word;
  const double number = std::round((of.value - offset) * steps);
  return static_cast<std::uint64_t>(std::clamp(number, 0.0, is_byte ? raw_byte_max : raw_word_max));
}

void j1939_battery_values::put_power(std::span<std::uint8_t> to) const {
  const auto voltage = read(voltage_, voltage_v());
  const auto power = [&](double current_a, origin from) {
    if (!voltage.is_valid()) from = voltage.from;
    const double kw = voltage.value * current_a / w_per_kw;
    return raw({whole_steps(kw, power_steps), from}, power_steps, 0, 2);
  };
  put(to, 0, 2, power(discharge_limit_a(), discharge_limit_.from));
  put(to, 2, 2, power(charge_limit_a(), charge_limit_.from));
  put(to, 4, 2, raw(voltage, voltage_steps, 0, 2));
  // On the wire what flows into the battery is positive.
  put(to, 6, 2, raw({-current_a(), current_.from}, current_steps, current_offset_a, 2));
}

void j1939_battery_values::put_charge(std::span<std::uint8_t> to) const {
  const auto seen = extremes_of(read_cells());
  put(to, 0, 2, raw(read(soc_, soc_percent_), charge_steps, 0, 2));
  put(to, 2, 2, raw(seen.highest, cell_steps, 0, 2));
  put(to, 4, 2, raw(seen.lowest, cell_steps, 0, 2));
}

void j1939_battery_values::put_warmth(std::span<std::uint8_t> to) const {
  const auto seen = extremes_of(read_temperatures());
  put(to, 0, 2, raw(seen.highest, temperature_steps, temperature_offset_c, 2));
  put(to, 2, 2, raw(seen.lowest, temperature_steps, temperature_offset_c, 2));
  put(to, 4, 2, raw(seen.average, temperature_steps, temperature_offset_c, 2));
}

void j1939_battery_values::put_limits(std::span<std::uint8_t> to) const {
  const double discharge_a = whole_steps(discharge_limit_a(), current_steps);
  const double charge_a = whole_steps(charge_limit_a(), current_steps);
  const auto soc = raw(read(soc_, soc_percent_), percent_steps, 0, 1);
  put(to, 0, 2, raw({-discharge_a, discharge_limit_.from}, current_steps, current_offset_a, 2));
  put(to, 2, 2, raw({charge_a, charge_limit_.from}, current_steps, current_offset_a, 2));
  put(to, 4, 1, soc);
  put(to, 5, 1, soc);
}

void j1939_battery_values::put_status(std::span<std::uint8_t> to, const status& now) const {
  unsigned interlock = is_interlock_open() ? 1 : 0;
  if (interlock_.from == origin::error) interlock = 2;
  if (interlock_.from == origin::not_available) interlock = 3;
  constexpr unsigned interlock_bit = 4; // bits 20 and 21
  to[2] = static_cast<std::uint8_t>((to[2] & ~(3u << interlock_bit)) | interlock << interlock_bit);
  to[5] = static_cast<std::uint8_t>(static_cast<unsigned>(now.connection) |
                                    (now.is_faulty ? 1u : 0u) << 4);
}

std::optional<std::vector<std::uint8_t>> j1939_battery_values::payload(std::uint32_t pgn,
                                                                       const status& now) const {
  std::vector<std::uint8_t> made(8, unused);
  switch (pgn) {
    case power_group:
      put_power(made);
      return made;
    case charge_group:
      put_charge(made);
      return made;
    case warmth_group:
      put_warmth(made);
      return made;
    case limit_group:
      put_limits(made);
      return made;
    case bus_group:
      put(made, 0, 2, raw({now.bus_v, origin::physics}, voltage_steps, 0, 2));
      return made;
    case status_group:
      put_status(made, now);
      return made;
    case cell_group: {
      made.resize(2 * cells);
      const auto read = read_cells();
      for (std::size_t i = 0; i < cells; ++i) put(made, 2 * i, 2, raw(read[i], cell_steps, 0, 2));
      return made;
    }
    case temperature_group: {
      made.resize(2 * temperatures);
      const auto read = read_temperatures();
      for (std::size_t i = 0; i < temperatures; ++i)
        put(made, 2 * i, 2, raw(read[i], temperature_steps, temperature_offset_c, 2));
      return made;
    }
    case history_group:
      made.resize(history_bytes, unused);
      put(made, 0, 1, raw(read(soh_, soh_percent), percent_steps, 0, 1));
      return made;
    default:
      return std::nullopt;
  }
}

} // namespace voltaic::actors::simulator
