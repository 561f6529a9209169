#include "actors/contactor/precharge_heat_model.hpp"

#include <algorithm>

namespace voltaic::actors::contactor {

namespace {

double seconds(std::int64_t duration_us) {
  return static_cast<double>(duration_us) / static_cast<double>(messages::us_per_s);
}

} // namespace

void precharge_heat_model::load(double share, std::int64_t passed_us) {
  const auto cooled =
      static_cast<double>(std::max<std::int64_t>(passed_us, 0)) / static_cast<double>(cooling_us);
  share_ = std::max(share - cooled, 0.0);
}

void precharge_heat_model::begin_attempt() {
  if (!is_rated()) share_ += 1 / blind_attempts_max;
}

double precharge_heat_model::step(bool charging, const device_values& device,
                                  std::int64_t elapsed_us) {
  const auto cooled = static_cast<double>(elapsed_us) / static_cast<double>(cooling_us);
  share_ = std::max(share_ - cooled, 0.0);
  const double ohm = rules_.resistor.resistance_ohm;
  if (!charging || ohm <= 0) return 0;
  // What is not known is as hot as it can be: a full rack, an empty bus.
  const double across_v = worst_rack_v(device) - device.bus_v.value_or(0);
  const double taken_j = across_v * across_v / ohm * seconds(elapsed_us);
  if (is_rated()) share_ += taken_j / rules_.resistor.energy_max_j;
  return taken_j;
}

bool precharge_heat_model::has_room(const device_values& device) const {
  double needed = 1 / blind_attempts_max;
  if (is_rated()) {
    if (!device.rack_v && rules_.rack_voltage_max_v <= 0) return false;
    // A short circuit on the bus, for the whole time of an attempt.
    const double rack_v = worst_rack_v(device);
    needed = rack_v * rack_v / rules_.resistor.resistance_ohm * seconds(rules_.precharge_us) /
             rules_.resistor.energy_max_j;
  }
  constexpr double rounding = 1e-9;
  return share_ + needed <= 1 + rounding;
}

} // namespace voltaic::actors::contactor
