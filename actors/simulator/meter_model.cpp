#include "actors/simulator/meter_model.hpp"

#include <array>
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
constexpr double s_per_h = 3'600;

constexpr std::uint32_t phases = 3;

constexpr register_place voltage{
    .point = "phase_voltage", .type = type::f32, .order = order::cdab, .count = phases};
constexpr register_place current{.point = "phase_current",
                                 .address = 6,
                                 .type = type::f32,
                                 .order = order::cdab,
                                 .count = phases};
constexpr register_place power{
    .point = "power", .address = 12, .type = type::i32, .order = order::cdab};
constexpr register_place frequency{
    .point = "frequency", .address = 14, .type = type::f32, .order = order::cdab};
constexpr register_place imported{.point = "energy_imported", .address = 16, .type = type::u64};
constexpr register_place exported{.point = "energy_exported", .address = 20, .type = type::u64};
constexpr std::uint16_t serial_number = 24;
constexpr std::size_t input_count = 32;

constexpr std::array places{voltage, current, power, frequency, imported, exported};

constexpr std::size_t serial_number_words = 8;

} // namespace

meter_model::meter_model() : equipment_model(input_count, 0, places) {
  show_text(serial_number, "SIM-MET-0001", serial_number_words);
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
  constexpr double hz = 50;
  for (std::uint32_t phase = 0; phase < phases; ++phase) {
    show(voltage, phase_v, phase);
    show(current, taken_w_ / phases / phase_v, phase);
  }
  show(power, taken_w_);
  show(frequency, hz);
  show(imported, imported_wh_);
  show(exported, exported_wh_);
}

} // namespace voltaic::actors::simulator
