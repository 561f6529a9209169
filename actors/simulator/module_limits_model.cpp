#include "actors/simulator/module_limits_model.hpp"

#include <algorithm>

namespace voltaic::actors::simulator {
namespace {

/// Nothing outside of `none_below` and `none_above`, all between the inner two.
struct window {
  double none_below_c;
  double all_from_c;
  double all_to_c;
  double none_above_c;
};

constexpr window charging{0, 10, 45, 55};
constexpr window discharging{-20, -10, 50, 60};

double share_of(const window& of, double temperature_c) {
  const double rising = (temperature_c - of.none_below_c) / (of.all_from_c - of.none_below_c);
  const double falling = (of.none_above_c - temperature_c) / (of.none_above_c - of.all_to_c);
  return std::clamp(std::min(rising, falling), 0.0, 1.0);
}

} // namespace

double charge_share(double temperature_c) {
  return share_of(charging, temperature_c);
}

double discharge_share(double temperature_c) {
  return share_of(discharging, temperature_c);
}

} // namespace voltaic::actors::simulator
