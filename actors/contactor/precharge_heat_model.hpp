#pragma once

#include <cstdint>

#include "actors/contactor/contactor_options.hpp"

namespace voltaic::actors::contactor {

/// Without a known resistor, this many attempts fit into it; they are forgotten as the
/// resistor cools.
inline constexpr double blind_attempts_max = 6;
/// From full to cold.
inline constexpr std::int64_t cooling_us = 600 * messages::us_per_s;

/// How much of what the precharge resistor takes is used up. Pure. A rack whose voltage is not
/// known counts as full, a bus as empty.
class precharge_heat_model {
 public:
  /// `rules` outlives it.
  explicit precharge_heat_model(const contactor_options& rules) : rules_(rules) {}

  /// The state of a former life that ended `passed_us` ago.
  void load(double share, std::int64_t passed_us);
  /// An attempt begins.
  void begin_attempt();
  /// Time passed; the resistor carries current while `charging`. Returns what it took, J.
  double step(bool charging, const device_values& device, std::int64_t elapsed_us);

  /// Whether it takes another attempt, even one that charges nothing.
  [[nodiscard]] bool has_room(const device_values& device) const;
  /// Of what it takes, from 0.
  [[nodiscard]] double share() const { return share_; }

 private:
  [[nodiscard]] bool is_rated() const {
    return rules_.resistor.resistance_ohm > 0 && rules_.resistor.energy_max_j > 0;
  }
  [[nodiscard]] double worst_rack_v(const device_values& device) const {
    return device.rack_v.value_or(rules_.rack_voltage_max_v);
  }
  const contactor_options& rules_;
  double share_ = 0;
};

} // namespace voltaic::actors::contactor
