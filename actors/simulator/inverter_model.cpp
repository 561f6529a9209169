#include "actors/simulator/inverter_model.hpp"

#include <algorithm>
#include <cmath>

namespace voltaic::actors::simulator {
namespace {

using type = messages::modbus::register_type;

constexpr double rated_w = 100'000;
constexpr double bus_v = 1'580;
constexpr double ramp_w_per_s = 50'000;
constexpr double start_s = 1;
constexpr double heartbeat_s = 10;
constexpr double limit_step_a = 0.1;
constexpr double limit_step_w = 100;
constexpr double s_per_h = 3'600;
constexpr double ambient_c = 30;
constexpr double warmer_c = 35; ///< at rated power
constexpr double warming_s = 300;

namespace input {
constexpr std::uint16_t state = 0;
constexpr std::uint16_t faults = 1;
constexpr std::uint16_t heartbeat = 2;
constexpr std::uint16_t current = 3;
constexpr std::uint16_t voltage = 4;
constexpr std::uint16_t power = 5;
constexpr std::uint16_t frequency = 7;
constexpr std::uint16_t discharged = 8;
constexpr std::uint16_t charged = 12;
constexpr std::uint16_t temperature = 16;
constexpr std::uint16_t temperature_scale = 17;
constexpr std::uint16_t flags = 18;
constexpr std::uint16_t serial_number = 20;
constexpr std::uint16_t guard = 28;
constexpr std::size_t count = 30;
} // namespace input

namespace holding {
constexpr std::uint16_t run = 0;
constexpr std::uint16_t charge_current = 1;
constexpr std::uint16_t discharge_current = 2;
constexpr std::uint16_t power = 3;
constexpr std::uint16_t charge_power = 5;
constexpr std::uint16_t discharge_power = 6;
constexpr std::uint16_t heartbeat = 7;
constexpr std::size_t count = 8;
} // namespace holding

constexpr std::size_t serial_number_words = 8;
constexpr std::int64_t current_limit_max = 1'000; // 100 A
constexpr std::int64_t power_limit_max = 1'000;   // 100 kW
constexpr std::uint16_t heartbeat_fault = 1;
constexpr std::uint16_t guard_values[] = {0x564F, 0x4C54}; // "VOLT"

} // namespace

inverter_model::inverter_model() : equipment_model(input::count, holding::count) {
  hold(holding::charge_current, current_limit_max, type::u16);
  hold(holding::discharge_current, current_limit_max, type::u16);
  hold(holding::charge_power, power_limit_max, type::u16);
  hold(holding::discharge_power, power_limit_max, type::u16);
  show_text(input::serial_number, "SIM-INV-0001", serial_number_words);
  show(input::guard, guard_values[0], type::u16);
  show(input::guard + 1, guard_values[1], type::u16);
  show_all();
}

bool inverter_model::accepts(const std::vector<std::uint16_t>& wanted) const {
  const auto of = [&](std::uint16_t address) { return held(wanted, address, type::u16); };
  return of(holding::run) <= 1 && of(holding::charge_current) <= current_limit_max &&
         of(holding::discharge_current) <= current_limit_max &&
         of(holding::charge_power) <= power_limit_max &&
         of(holding::discharge_power) <= power_limit_max &&
         std::abs(static_cast<double>(held(wanted, holding::power, type::i32))) <= rated_w;
}

void inverter_model::written(std::uint16_t address, std::size_t count) {
  const bool beat = address <= holding::heartbeat && address + count > holding::heartbeat;
  if (!beat) return;
  const auto value = held(holding::heartbeat, type::u16);
  if (!heartbeat_known_ || value != heartbeat_) heartbeat_age_s_ = 0;
  heartbeat_known_ = true;
  heartbeat_ = value;
}

double inverter_model::wanted_power_w() const {
  if (state_ != state::running) return 0;
  const auto limit = [&](std::uint16_t power, std::uint16_t current) {
    const auto by_power = static_cast<double>(held(power, type::u16)) * limit_step_w;
    const auto by_current = static_cast<double>(held(current, type::u16)) * limit_step_a * bus_v;
    return std::min(by_power, by_current);
  };
  return std::clamp(static_cast<double>(held(holding::power, type::i32)),
                    -limit(holding::charge_power, holding::charge_current),
                    limit(holding::discharge_power, holding::discharge_current));
}

void inverter_model::advance(double seconds) {
  lived_s_ += seconds;
  heartbeat_age_s_ += seconds;
  const bool lost = heartbeat_known_ && heartbeat_age_s_ > heartbeat_s;
  if (held(holding::run, type::u16) == 0) {
    state_ = state::off;
  } else if (lost) {
    state_ = state::fault;
  } else if (state_ == state::off || state_ == state::fault) {
    state_ = state::starting;
    starting_s_ = 0;
  } else if (state_ == state::starting && (starting_s_ += seconds) >= start_s) {
    state_ = state::running;
  }
  const double step = ramp_w_per_s * seconds;
  // A stop is not ramped: whoever gives it wants no power.
  power_w_ = state_ == state::running
                 ? power_w_ + std::clamp(wanted_power_w() - power_w_, -step, step)
                 : 0;
  (power_w_ > 0 ? discharged_wh_ : charged_wh_) += std::abs(power_w_) * seconds / s_per_h;
  const double target_c = ambient_c + warmer_c * std::abs(power_w_) / rated_w;
  temperature_c_ += (target_c - temperature_c_) * std::min(1.0, seconds / warming_s);
  show_all();
}

void inverter_model::show_all() {
  const bool lost = heartbeat_known_ && heartbeat_age_s_ > heartbeat_s;
  constexpr std::uint16_t grid_ok = 1;
  const auto mode = static_cast<std::uint16_t>(power_w_ > 0 ? 1 : power_w_ < 0 ? 2 : 0);
  show(input::state, static_cast<double>(state_), type::u16);
  show(input::faults, lost ? heartbeat_fault : 0, type::u16);
  show(input::heartbeat, std::fmod(lived_s_, 65'536), type::u16);
  show(input::current, power_w_ / bus_v / limit_step_a, type::i16);
  show(input::voltage, bus_v * 10, type::u16);
  show(input::power, power_w_, type::i32);
  show(input::frequency, 5'000, type::u16);
  show(input::discharged, discharged_wh_, type::u64);
  show(input::charged, charged_wh_, type::u64);
  show(input::temperature, temperature_c_ * 10, type::i16);
  show(input::temperature_scale, -1, type::i16);
  show(input::flags, grid_ok | mode << 1, type::u16);
}

} // namespace voltaic::actors::simulator
