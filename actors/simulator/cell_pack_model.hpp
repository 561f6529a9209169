#pragma once

#include <cstdint>

namespace voltaic::actors::simulator {

/// Open-circuit voltage of an LFP cell at 25 degC; 3.300 V at 50 %.
[[nodiscard]] double lfp_open_circuit_v(double soc_percent);

/// The cells of one rack, all alike: charge, voltage, warmth. Current is
/// positive on discharge.
class cell_pack_model {
 public:
  /// One cell of the pack and its surroundings.
  struct options {
    double soc_percent = 50;
    double temperature_c = 25;
    double capacity_ah = 280;
    double cell_resistance_ohm = 0.0002;
    double cell_heat_capacity_j_per_k = 5'500;
    double cell_to_air_k_per_w = 3;
  };

  explicit cell_pack_model(const options& values)
      : options_(values), soc_percent_(values.soc_percent), temperature_c_(values.temperature_c) {}

  /// `current_a` flowed for `elapsed_us`.
  void step(std::int64_t elapsed_us, double current_a);

  [[nodiscard]] double cell_voltage_v() const;
  [[nodiscard]] double soc_percent() const { return soc_percent_; }
  [[nodiscard]] double temperature_c() const { return temperature_c_; }

 private:
  options options_;
  double soc_percent_;
  double temperature_c_;
  double current_a_ = 0;
};

} // namespace voltaic::actors::simulator
