#include "actors/simulator/inverter_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "actors/simulator/sunspec_model.hpp"

namespace voltaic::actors::simulator {
namespace {

using type = messages::modbus::register_type;

constexpr double rated_w = 100'000;
constexpr double bus_v = 1'580;
constexpr double ramp_w_per_s = 50'000;
constexpr double start_s = 1;
constexpr double heartbeat_s = 10;
constexpr double s_per_h = 3'600;
constexpr double ambient_c = 30;
constexpr double warmer_c = 35; ///< at rated power
constexpr double warming_s = 300;

using messages::modbus::table;

// What it shows.
constexpr register_place state_place{.point = "state"};
constexpr register_place faults_place{.point = "faults", .address = 1};
constexpr register_place heartbeat_seen{.point = "heartbeat_seen", .address = 2};
constexpr register_place current{.point = "current", .address = 3, .type = type::i16, .scale = 0.1};
constexpr register_place voltage{.point = "voltage", .address = 4, .scale = 0.1};
constexpr register_place power{.point = "power", .address = 5, .type = type::i32};
constexpr register_place frequency{.point = "frequency", .address = 7, .scale = 0.01};
constexpr register_place discharged{.point = "energy_discharged", .address = 8, .type = type::u64};
constexpr register_place charged{.point = "energy_charged", .address = 12, .type = type::u64};
// Its scale is in a register of its own.
constexpr register_place temperature{
    .point = "temperature", .address = 16, .type = type::i16, .scale = 0.1};
constexpr std::uint16_t temperature_scale = 17;
constexpr std::uint16_t tenths = 0xFFFF; // ten to the power of -1
constexpr register_place grid_ok{.point = "grid_ok", .address = 18, .first_bit = 0, .bit_count = 1};
constexpr register_place direction{
    .point = "direction", .address = 18, .first_bit = 1, .bit_count = 2};
constexpr register_place charge_voltage{.point = "charge_voltage", .address = 19, .scale = 0.1};
constexpr std::uint16_t serial_number = 20;
constexpr std::uint16_t guard = 28;
constexpr std::size_t input_count = 30;

// What it takes.
constexpr register_place run{.point = "run", .table = table::holding};
constexpr register_place charge_current{
    .point = "charge_current_limit", .table = table::holding, .address = 1, .scale = 0.1};
constexpr register_place discharge_current{
    .point = "discharge_current_limit", .table = table::holding, .address = 2, .scale = 0.1};
constexpr register_place power_setpoint{
    .point = "power_setpoint", .table = table::holding, .address = 3, .type = type::i32};
constexpr register_place charge_power{
    .point = "charge_power_limit", .table = table::holding, .address = 5, .scale = 100};
constexpr register_place discharge_power{
    .point = "discharge_power_limit", .table = table::holding, .address = 6, .scale = 100};
constexpr register_place heartbeat{.point = "heartbeat", .table = table::holding, .address = 7};
constexpr register_place charge_voltage_limit{
    .point = "charge_voltage_limit", .table = table::holding, .address = 8, .scale = 0.1};
constexpr register_place discharge_voltage_limit{
    .point = "discharge_voltage_limit", .table = table::holding, .address = 9, .scale = 0.1};
constexpr std::size_t holding_count = 10;

constexpr std::array places{state_place,
                            faults_place,
                            heartbeat_seen,
                            current,
                            voltage,
                            power,
                            frequency,
                            discharged,
                            charged,
                            temperature,
                            grid_ok,
                            direction,
                            charge_voltage,
                            run,
                            charge_current,
                            discharge_current,
                            power_setpoint,
                            charge_power,
                            discharge_power,
                            heartbeat,
                            charge_voltage_limit,
                            discharge_voltage_limit};

constexpr std::size_t serial_number_words = 8;
constexpr double current_limit_max_a = 100;
constexpr double power_limit_max_w = 100'000;
constexpr double voltage_min = 1'000;
constexpr double voltage_max = 1'800;
constexpr double heartbeat_fault = 1;
constexpr sunspec_identity identity{"Voltaic", "SIM-100", "", "1.0.0", "SIM-INV-0001"};
constexpr std::uint16_t guard_values[] = {0x564F, 0x4C54}; // "VOLT"

} // namespace

inverter_model::inverter_model() : equipment_model(input_count, holding_count, places) {
  hold(charge_current, current_limit_max_a);
  hold(discharge_current, current_limit_max_a);
  hold(charge_power, power_limit_max_w);
  hold(discharge_power, power_limit_max_w);
  hold(charge_voltage_limit, voltage_max);
  hold(discharge_voltage_limit, voltage_min);
  show_text(serial_number, identity.serial_number, serial_number_words);
  show_block(sunspec_address, sunspec_registers(identity));
  show_raw(guard, guard_values[0]);
  show_raw(guard + 1, guard_values[1]);
  show_raw(temperature_scale, tenths);
  show_all();
}

bool inverter_model::accepts(const std::vector<std::uint16_t>& wanted) const {
  const auto is_voltage = [&](const register_place& place) {
    return held(wanted, place) >= voltage_min && held(wanted, place) <= voltage_max;
  };
  return held(wanted, run) <= 1 && held(wanted, charge_current) <= current_limit_max_a &&
         held(wanted, discharge_current) <= current_limit_max_a &&
         held(wanted, charge_power) <= power_limit_max_w &&
         held(wanted, discharge_power) <= power_limit_max_w && is_voltage(charge_voltage_limit) &&
         is_voltage(discharge_voltage_limit) && std::abs(held(wanted, power_setpoint)) <= rated_w;
}

void inverter_model::written(std::uint16_t address, std::size_t count) {
  const bool beat = address <= heartbeat.address && address + count > heartbeat.address;
  if (!beat) return;
  const double value = held(heartbeat);
  if (!heartbeat_known_ || value != heartbeat_) heartbeat_age_s_ = 0;
  heartbeat_known_ = true;
  heartbeat_ = value;
}

double inverter_model::wanted_power_w() const {
  if (state_ != state::running) return 0;
  const auto limit_w = [&](const register_place& by_power, const register_place& by_current) {
    return std::min(held(by_power), held(by_current) * bus_v);
  };
  const double charge_w =
      bus_v < held(charge_voltage_limit) ? limit_w(charge_power, charge_current) : 0;
  const double discharge_w =
      bus_v > held(discharge_voltage_limit) ? limit_w(discharge_power, discharge_current) : 0;
  return std::clamp(held(power_setpoint), -charge_w, discharge_w);
}

void inverter_model::advance(double seconds) {
  lived_s_ += seconds;
  heartbeat_age_s_ += seconds;
  const bool lost = heartbeat_known_ && heartbeat_age_s_ > heartbeat_s;
  if (held(run) == 0) {
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
  constexpr double hz = 50;
  constexpr double counter_end = 65'536;
  show(state_place, static_cast<double>(state_));
  show(faults_place, lost ? heartbeat_fault : 0);
  show(heartbeat_seen, std::floor(std::fmod(lived_s_, counter_end)));
  show(current, carried_a_.value_or(power_w_ / bus_v));
  show(voltage, bus_v);
  show(power, power_w_);
  show(frequency, hz);
  show(discharged, discharged_wh_);
  show(charged, charged_wh_);
  show(temperature, temperature_c_);
  show(charge_voltage, held(charge_voltage_limit));
  show(grid_ok, 1);
  show(direction, power_w_ > 0 ? 1 : power_w_ < 0 ? 2 : 0);
}

} // namespace voltaic::actors::simulator
