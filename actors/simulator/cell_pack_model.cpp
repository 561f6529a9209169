#include "actors/simulator/cell_pack_model.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "actors/simulator/random_sequence.hpp"

namespace voltaic::actors::simulator {
namespace {

struct curve_point {
  double soc_percent;
  double volts;
};

constexpr std::array<curve_point, 14> lfp_curve{{{0, 2.600},
                                                 {2, 2.900},
                                                 {5, 3.080},
                                                 {10, 3.190},
                                                 {20, 3.245},
                                                 {30, 3.275},
                                                 {40, 3.290},
                                                 {50, 3.300},
                                                 {60, 3.310},
                                                 {70, 3.325},
                                                 {80, 3.330},
                                                 {90, 3.335},
                                                 {97, 3.380},
                                                 {100, 3.500}}};

/// As nickel-rich cells have it, rounded: this project's choice.
constexpr std::array<curve_point, 11> nmc_curve{{{0, 3.000},
                                                 {5, 3.350},
                                                 {10, 3.440},
                                                 {20, 3.540},
                                                 {30, 3.590},
                                                 {40, 3.630},
                                                 {50, 3.680},
                                                 {60, 3.770},
                                                 {70, 3.870},
                                                 {85, 4.010},
                                                 {100, 4.180}}};

/// Cells move this slowly; looking at all of them more often changes nothing.
constexpr std::int64_t settle_us = 100'000;

// How much cells and modules of one rack differ, as deviations.
constexpr double charge_scatter_percent = 0.3;
constexpr double capacity_scatter = 0.01;
constexpr double resistance_scatter = 0.04;
constexpr double cooling_scatter = 0.05;
// Of a weak cell.
constexpr double weak_share = 1.0 / 160;
constexpr double weak_capacity = 0.9;
constexpr double weak_resistance = 1.6;

/// A cell is balanced while it holds this much more than the emptiest one.
constexpr double balancing_above_percent = 0.5;
constexpr double balancing_a = 0.1;

constexpr double us_per_s = 1e6;
constexpr double us_per_hour = 3.6e9;

double on_curve(std::span<const curve_point> curve, double soc_percent) {
  const double soc = std::clamp(soc_percent, curve.front().soc_percent, curve.back().soc_percent);
  for (std::size_t i = 1; i < curve.size(); ++i) {
    const curve_point& low = curve[i - 1];
    const curve_point& high = curve[i];
    if (soc > high.soc_percent) continue;
    const double share = (soc - low.soc_percent) / (high.soc_percent - low.soc_percent);
    return low.volts + share * (high.volts - low.volts);
  }
  return curve.back().volts;
}

} // namespace

double lfp_open_circuit_v(double soc_percent) {
  return on_curve(lfp_curve, soc_percent);
}

double nmc_open_circuit_v(double soc_percent) {
  return on_curve(nmc_curve, soc_percent);
}

double cell_pack_model::open_circuit_v(double soc_percent) const {
  return options_.chemistry == cell_chemistry::nmc ? nmc_open_circuit_v(soc_percent)
                                                   : lfp_open_circuit_v(soc_percent);
}

cell_pack_model::cell_pack_model(const options& values)
    : options_(values), cells_(cells), air_c_(values.temperature_c) {
  for (cell_state& each : cells_)
    each = {options_.capacity_ah, options_.cell_resistance_ohm, options_.soc_percent, 0, false};
  for (module_state& each : modules_)
    each = {options_.temperature_c, 0, options_.cell_to_air_k_per_w / cells_per_module};
  if (options_.scatter) scatter();
  for (std::uint32_t i = 0; i < cells; ++i) {
    modules_[i / cells_per_module].resistance_ohm += cells_[i].resistance_ohm;
    resistance_ohm_ += cells_[i].resistance_ohm;
  }
  sum_up();
}

void cell_pack_model::scatter() {
  random_sequence chance(options_.seed);
  for (cell_state& each : cells_) {
    const bool is_weak = chance.uniform() < weak_share;
    each.soc_percent =
        std::clamp(each.soc_percent + charge_scatter_percent * chance.bell(), 0.0, 100.0);
    each.capacity_ah *= (1 + capacity_scatter * chance.bell()) * (is_weak ? weak_capacity : 1);
    each.resistance_ohm *=
        (1 + resistance_scatter * chance.bell()) * (is_weak ? weak_resistance : 1);
  }
  for (module_state& each : modules_) each.to_air_k_per_w *= 1 + cooling_scatter * chance.bell();
}

double cell_pack_model::module_heat_capacity_j_per_k() const {
  return options_.cell_heat_capacity_j_per_k * cells_per_module;
}

void cell_pack_model::step(std::int64_t elapsed_us, double current_a) {
  const auto elapsed = static_cast<double>(elapsed_us);
  current_a_ = current_a;
  elapsed_us_ += elapsed_us;
  ampere_us_ += current_a * elapsed;
  square_ampere_us_ += current_a * current_a * elapsed;
  if (elapsed_us_ >= settle_us) settle();
}

void cell_pack_model::settle() {
  const auto elapsed = static_cast<double>(elapsed_us_);
  const bool moves = ampere_us_ != 0 || balancing_cells_ > 0;
  if (moves) move_charge(elapsed / us_per_hour, ampere_us_ / us_per_hour);
  move_heat(elapsed / us_per_s, square_ampere_us_ / us_per_s);
  // Cells from which nothing was taken are what they were.
  if (moves || may_balance() != could_balance_) sum_up();
  elapsed_us_ = 0;
  ampere_us_ = 0;
  square_ampere_us_ = 0;
}

void cell_pack_model::move_charge(double hours, double charge_ah) {
  for (cell_state& each : cells_) {
    const double taken_ah = charge_ah + (each.is_balancing ? balancing_a * hours : 0);
    each.soc_percent = std::clamp(each.soc_percent - 100 * taken_ah / each.capacity_ah, 0.0, 100.0);
  }
}

void cell_pack_model::move_heat(double seconds, double square_ampere_s) {
  for (module_state& each : modules_) {
    const double heat_j = square_ampere_s * each.resistance_ohm;
    const double lost_j = (each.temperature_c - air_c_) / each.to_air_k_per_w * seconds;
    each.temperature_c += (heat_j - lost_j) / module_heat_capacity_j_per_k();
    heat_j_ += heat_j;
    lost_j_ += lost_j;
  }
}

void cell_pack_model::sum_up() {
  double emptiest_percent = std::numeric_limits<double>::max();
  double seen_percent = cells_.front().soc_percent;
  double seen_v = open_circuit_v(seen_percent);
  double sum_percent = 0;
  open_circuit_v_ = 0;
  for (cell_state& each : cells_) {
    // Often as full as the one before.
    if (each.soc_percent != seen_percent) {
      seen_percent = each.soc_percent;
      seen_v = open_circuit_v(seen_percent);
    }
    each.open_circuit_v = seen_v;
    open_circuit_v_ += each.open_circuit_v;
    sum_percent += each.soc_percent;
    emptiest_percent = std::min(emptiest_percent, each.soc_percent);
  }
  soc_percent_ = sum_percent / cells;
  could_balance_ = may_balance();
  balancing_cells_ = 0;
  for (cell_state& each : cells_) {
    each.is_balancing =
        could_balance_ && each.soc_percent > emptiest_percent + balancing_above_percent;
    balancing_cells_ += each.is_balancing ? 1 : 0;
  }
}

double cell_pack_model::cell_voltage_v(std::uint32_t cell) const {
  return cells_[cell].open_circuit_v - current_a_ * cells_[cell].resistance_ohm;
}

double cell_pack_model::voltage_v() const {
  return open_circuit_v_ - current_a_ * resistance_ohm_;
}

} // namespace voltaic::actors::simulator
