#include "actors/simulator/hvac_model.hpp"

#include <algorithm>
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

namespace input {
constexpr std::uint16_t state = 0;
constexpr std::uint16_t room = 1;
constexpr std::uint16_t supply = 2;
constexpr std::uint16_t fan = 3;
constexpr std::uint16_t load = 4;
constexpr std::uint16_t power = 5;
constexpr std::uint16_t alarms = 6;
constexpr std::size_t count = 7;
} // namespace input

namespace holding {
constexpr std::uint16_t run = 0;
constexpr std::uint16_t setpoint = 1;
constexpr std::size_t count = 2;
} // namespace holding

constexpr std::int64_t setpoint_min = 100; // 10 degC
constexpr std::int64_t setpoint_max = 350;
constexpr std::int64_t setpoint_usual = 250;

} // namespace

hvac_model::hvac_model() : equipment_model(input::count, holding::count), room_c_(outside_c) {
  hold(holding::run, 1, type::u16);
  hold(holding::setpoint, setpoint_usual, type::i16);
  show_all();
}

bool hvac_model::accepts(const std::vector<std::uint16_t>& wanted) const {
  const auto setpoint = held(wanted, holding::setpoint, type::i16);
  return held(wanted, holding::run, type::u16) <= 1 && setpoint >= setpoint_min &&
         setpoint <= setpoint_max;
}

void hvac_model::advance(double seconds) {
  const bool runs = held(holding::run, type::u16) == 1;
  const double setpoint_c = static_cast<double>(held(holding::setpoint, type::i16)) / 10;
  cooling_ = runs ? std::clamp((room_c_ - setpoint_c) / band_c, -1.0, 1.0) : 0;
  room_c_ += (outside_c - room_c_) * std::min(1.0, seconds / leaking_s);
  room_c_ -= cooling_ * cooling_c_per_s * seconds;
  power_w_ = standby_w + full_w * std::abs(cooling_);
  show_all();
}

void hvac_model::show_all() {
  const bool runs = held(holding::run, type::u16) == 1;
  show(input::state, runs ? cooling_ >= 0 ? 1 : 2 : 0, type::u16);
  show(input::room, room_c_ * 10, type::i16);
  show(input::supply, (room_c_ - supply_colder_c * cooling_) * 10, type::i16);
  show(input::fan, runs ? fan_rpm : 0, type::u16);
  show(input::load, std::abs(cooling_) * 100, type::u16);
  show(input::power, power_w_, type::u16);
  show(input::alarms, 0, type::u16);
}

} // namespace voltaic::actors::simulator
