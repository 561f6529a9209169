#pragma once

#include <cstdint>
#include <vector>

#include "actors/protection/level_model.hpp"

namespace voltaic::actors::protection {

/// So much of the capacity moves every cell by one step of its resolution, whatever the others do.
///
/// On the flattest parts of its curve (40 to 60 % and 75 to 95 % of charge) an LFP cell's
/// open-circuit voltage rises by 0.2 to 0.3 mV for each percent of charge: 1 mV, what most
/// electronics resolve, takes 5 % at the most. That is 8.3 minutes at 0.36 C, and an hour at
/// 0.05 C. Other chemistries are several times steeper.
inline constexpr double standstill_share = 0.05;
/// The resolution for which that holds; coarser values need more charge in proportion.
inline constexpr double standstill_resolution_v = 0.001;

/// Finds cells whose value did not change while a charge flowed that moves every cell: for this
/// no other cell needs to move.
class standstill_model {
 public:
  /// `resolution_v`: the smallest step of the values; 0: not known, taken for 1 mV.
  standstill_model(std::uint32_t count, double capacity_ah, double resolution_v);

  /// `flowed_ms` of that current passed since the last step, 0 in the first one and where none is
  /// known or worth looking at.
  void step(const element_values& cells, std::int32_t flowed_ms, double current_a);

  /// For each cell, padded: milliseconds with current for which it stands still; 0 where too
  /// little charge flowed since it changed.
  [[nodiscard]] const std::vector<std::int32_t>& ages_ms() const { return ages_; }
  /// None changed while enough flowed.
  [[nodiscard]] bool all_stand() const { return all_stand_; }

 private:
  std::vector<std::int32_t> last_;
  std::vector<std::int32_t> still_ms_; ///< with current, since the last change
  std::vector<std::int32_t> moved_;    ///< charge since then, in parts of what moves every cell
  std::vector<std::int32_t> ages_;
  double parts_per_as_; ///< of that charge, for each ampere-second; 0: nobody knows
  double carried_ = 0;  ///< less than a part
  bool all_stand_ = false;
};

} // namespace voltaic::actors::protection
