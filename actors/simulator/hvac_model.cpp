#include "actors/simulator/hvac_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace voltaic::actors::simulator {
namespace {

using type = messages::modbus::register_type;

constexpr double outside_c = 30;
constexpr double leaking_s = 1'800;      ///< time constant of the container
constexpr double cooling_c_per_s = 0.02; ///< at full power
constexpr double band_c = 2;             ///< away from the setpoint: full power
constexpr double supply_colder_c = 10;
constexpr double fan_rpm = 1'400;
constexpr double standby_w = 60;
constexpr double full_w = 4'000;

using messages::modbus::table;

// What it shows.
constexpr register_place state_place{.point = "state"};
constexpr register_place room{
    .point = "room_temperature", .address = 1, .type = type::i16, .scale = 0.1};
constexpr register_place supply{
    .point = "supply_temperature", .address = 2, .type = type::i16, .scale = 0.1};
constexpr register_place fan{.point = "fan_speed", .address = 3};
constexpr register_place load{.point = "load", .address = 4};
constexpr register_place power{.point = "power", .address = 5};
constexpr register_place alarms{.point = "alarms", .address = 6};
constexpr std::size_t input_count = 7;

// What it takes.
constexpr register_place run{.point = "run", .table = table::holding};
constexpr register_place setpoint{.point = "temperature_setpoint",
                                  .table = table::holding,
                                  .address = 1,
                                  .type = type::i16,
                                  .scale = 0.1};
constexpr std::size_t holding_count = 2;

constexpr std::array places{state_place, room, supply, fan, load, power, alarms, run, setpoint};

constexpr double setpoint_min_c = 10;
constexpr double setpoint_max_c = 35;
constexpr double setpoint_usual_c = 25;

} // namespace

hvac_model::hvac_model() : equipment_model(input_count, holding_count, places), room_c_(outside_c) {
  hold(run, 1);
  hold(setpoint, setpoint_usual_c);
  show_all();
}

bool hvac_model::accepts(const std::vector<std::uint16_t>& wanted) const {
  const double wanted_c = held(wanted, setpoint);
  return held(wanted, run) <= 1 && wanted_c >= setpoint_min_c && wanted_c <= setpoint_max_c;
}

void hvac_model::advance(double seconds) {
  const bool runs = held(run) == 1;
  cooling_ = runs ? std::clamp((room_c_ - held(setpoint)) / band_c, -1.0, 1.0) : 0;
  room_c_ += (outside_c - room_c_) * std::min(1.0, seconds / leaking_s);
  room_c_ -= cooling_ * cooling_c_per_s * seconds;
  power_w_ = standby_w + full_w * std::abs(cooling_);
  show_all();
}

void hvac_model::show_all() {
  const bool runs = held(run) == 1;
  show(state_place, runs ? cooling_ >= 0 ? 1 : 2 : 0);
  show(room, room_c_);
  show(supply, room_c_ - supply_colder_c * cooling_);
  show(fan, runs ? fan_rpm : 0);
  show(load, std::abs(cooling_) * 100);
  show(power, power_w_);
  show(alarms, 0);
}

} // namespace voltaic::actors::simulator
