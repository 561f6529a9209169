#include <cmath>

#include "actors/contactor/contactor_options.hpp"

namespace voltaic::actors::contactor {

std::vector<std::string> contactor_options::validate() const {
  std::vector<std::string> wrong;
  if (rack.empty()) wrong.emplace_back("contactor needs the name of its rack");
  if (!(break_current_a > 0) || !std::isfinite(break_current_a)) {
    wrong.push_back(rack + ": break_current_a must be above zero");
  }
  for (const auto duration_us :
       {lease_us, permit_silence_us, feedback_us, feedback_lost_us, precharge_us, pause_us,
        reducing_us, close_us, open_us, spacing_us, decay_us}) {
    if (duration_us <= 0) wrong.push_back(rack + ": times of the contactor must be above zero");
  }
  for (const auto voltage_v : {precharge_tolerance_v, decay_v, live_bus_v, parallel_difference_v}) {
    if (!(voltage_v > 0)) wrong.push_back(rack + ": voltages of the contactor must be above zero");
  }
  if (precharge_attempts < 1 || feedback_attempts < 1) {
    wrong.push_back(rack + ": at least one attempt to close is needed");
  }
  const bool is_rated = resistor.resistance_ohm > 0;
  if (is_rated != (resistor.energy_max_j > 0)) {
    wrong.push_back(rack + ": a precharge resistor has both resistance and energy");
  }
  return wrong;
}

} // namespace voltaic::actors::contactor
