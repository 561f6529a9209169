#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "actors/simulator/rack_shape.hpp"

namespace voltaic::actors::simulator {

/// Open-circuit voltage of an LFP cell at 25 degC; 3.300 V at 50 %.
[[nodiscard]] double lfp_open_circuit_v(double soc_percent);
/// The same of an NMC cell; 3.680 V at 50 %.
[[nodiscard]] double nmc_open_circuit_v(double soc_percent);

/// What cells are made of, as far as their voltage shows it.
enum class cell_chemistry : std::uint8_t { lfp, nmc };

/// The cells of one rack: charge, voltage and balancing of each, warmth of each
/// module. Current is positive on discharge. The current warms a module by I²R,
/// the air around it cools it.
class cell_pack_model {
 public:
  /// One cell of the pack and its surroundings.
  struct options {
    cell_chemistry chemistry = cell_chemistry::lfp;
    double soc_percent = 50;
    double temperature_c = 25; ///< of modules and air at the start
    double capacity_ah = 280;
    double cell_resistance_ohm = 0.0002;
    double cell_heat_capacity_j_per_k = 5'500;
    double cell_to_air_k_per_w = 3;
    /// Cells differ in charge, capacity and resistance, some are weak, and some
    /// modules are cooled less than others. False: all are alike.
    bool scatter = false;
    std::uint64_t seed = 1; ///< of the scatter
  };

  explicit cell_pack_model(const options& values);

  /// `current_a` flowed for `elapsed_us`.
  void step(std::int64_t elapsed_us, double current_a);
  /// The air that cools the modules, in degC, from now on.
  void set_air_c(double air_c) { air_c_ = air_c; }

  [[nodiscard]] double cell_voltage_v(std::uint32_t cell = 0) const;
  /// Of all cells in series.
  [[nodiscard]] double voltage_v() const;
  /// Of all cells together.
  [[nodiscard]] double soc_percent() const { return soc_percent_; }
  [[nodiscard]] double temperature_c(std::uint32_t module = 0) const {
    return modules_[module].temperature_c;
  }
  [[nodiscard]] double air_c() const { return air_c_; }
  /// Whether the cell's resistor takes charge from it, as it holds more than others.
  [[nodiscard]] bool is_balancing(std::uint32_t cell) const { return cells_[cell].is_balancing; }

  /// What the current made since the start, in joules.
  [[nodiscard]] double heat_j() const { return heat_j_; }
  /// What went from the modules to the air, in joules.
  [[nodiscard]] double lost_j() const { return lost_j_; }
  /// What a module takes to become 1 K warmer.
  [[nodiscard]] double module_heat_capacity_j_per_k() const;

 private:
  struct cell_state {
    double capacity_ah = 0;
    double resistance_ohm = 0;
    double soc_percent = 0;
    double open_circuit_v = 0;
    bool is_balancing = false;
  };
  struct module_state {
    double temperature_c = 0;
    double resistance_ohm = 0; ///< of its cells together
    double to_air_k_per_w = 0;
  };
  [[nodiscard]] double open_circuit_v(double soc_percent) const;
  void scatter();
  void settle();
  void move_charge(double hours, double charge_ah);
  void move_heat(double seconds, double square_ampere_s);
  void sum_up();
  /// While the rack gives, every cell is needed.
  [[nodiscard]] bool may_balance() const { return current_a_ <= 0; }

  options options_;
  std::vector<cell_state> cells_;
  std::array<module_state, simulator::modules> modules_;
  double air_c_;
  double current_a_ = 0;
  std::uint32_t balancing_cells_ = 0;
  bool could_balance_ = false; ///< when cells were looked at last
  double soc_percent_ = 0;
  double open_circuit_v_ = 0; ///< of all cells
  double resistance_ohm_ = 0; ///< of all cells
  double heat_j_ = 0;
  double lost_j_ = 0;
  // Since the last time that all cells were looked at.
  std::int64_t elapsed_us_ = 0;
  double ampere_us_ = 0;
  double square_ampere_us_ = 0;
};

} // namespace voltaic::actors::simulator
