#include "actors/simulator/cell_pack_model.hpp"

#include <algorithm>
#include <array>

namespace voltaic::actors::simulator {
namespace {

struct curve_point {
  double soc_percent;
  double volts;
};

constexpr std::array<curve_point, 14> curve{{{0, 2.600},
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

} // namespace

double lfp_open_circuit_v(double soc_percent) {
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

void cell_pack_model::step(std::int64_t elapsed_us, double current_a) {
  constexpr double us_per_hour = 3.6e9;
  const auto elapsed = static_cast<double>(elapsed_us);
  current_a_ = current_a;
  const double charge_ah = current_a * elapsed / us_per_hour;
  soc_percent_ = std::clamp(soc_percent_ - 100 * charge_ah / options_.capacity_ah, 0.0, 100.0);
  const double heat_w = current_a * current_a * options_.cell_resistance_ohm;
  const double loss_w = (temperature_c_ - options_.temperature_c) / options_.cell_to_air_k_per_w;
  temperature_c_ += (heat_w - loss_w) * elapsed / 1e6 / options_.cell_heat_capacity_j_per_k;
}

double cell_pack_model::cell_voltage_v() const {
  return lfp_open_circuit_v(soc_percent_) - current_a_ * options_.cell_resistance_ohm;
}

} // namespace voltaic::actors::simulator
