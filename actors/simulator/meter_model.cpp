#include "actors/simulator/meter_model.hpp"

#include <cmath>
#include <numbers>

namespace voltaic::actors::simulator {
namespace {

using type = messages::modbus::register_type;
using order = messages::modbus::word_order;

constexpr double load_w = 20'000;
constexpr double load_swing_w = 4'000;
constexpr double swing_s = 60;
constexpr double phase_v = 230;
constexpr double phases = 3;
constexpr double s_per_h = 3'600;

namespace input {
constexpr std::uint16_t voltage = 0; // three of two registers
constexpr std::uint16_t current = 6;
constexpr std::uint16_t power = 12;
constexpr std::uint16_t frequency = 14;
constexpr std::uint16_t imported = 16;
constexpr std::uint16_t exported = 20;
constexpr std::uint16_t serial_number = 24;
constexpr std::size_t count = 32;
} // namespace input

constexpr std::size_t serial_number_words = 8;

} // namespace

meter_model::meter_model() : equipment_model(input::count, 0) {
  show_text(input::serial_number, "SIM-MET-0001", serial_number_words);
  show_all();
}

bool meter_model::accepts(const std::vector<std::uint16_t>&) const {
  return false;
}

void meter_model::advance(double seconds) {
  lived_s_ += seconds;
  const double swing = std::sin(2 * std::numbers::pi * lived_s_ / swing_s);
  taken_w_ = load_w + load_swing_w * swing - given_w_;
  (taken_w_ > 0 ? imported_wh_ : exported_wh_) += std::abs(taken_w_) * seconds / s_per_h;
  show_all();
}

void meter_model::show_all() {
  for (std::uint16_t phase = 0; phase < phases; ++phase) {
    const auto offset = static_cast<std::uint16_t>(2 * phase);
    show(static_cast<std::uint16_t>(input::voltage + offset), phase_v, type::f32, order::cdab);
    show(static_cast<std::uint16_t>(input::current + offset), taken_w_ / phases / phase_v,
         type::f32, order::cdab);
  }
  show(input::power, taken_w_, type::i32, order::cdab);
  show(input::frequency, 50, type::f32, order::cdab);
  show(input::imported, imported_wh_, type::u64);
  show(input::exported, exported_wh_, type::u64);
}

} // namespace voltaic::actors::simulator
