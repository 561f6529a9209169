#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "actors/protection/level_model.hpp"
#include "actors/protection/standstill_model.hpp"

namespace voltaic::actors::protection {

/// Current in C above which cells move, so that one that does not is frozen.
inline constexpr double frozen_current_c = 0.05;
/// A current that changed by as much must be seen in the cells after so many of their periods,
inline constexpr std::int64_t frozen_all_periods = 10;
/// where the rack's voltage changed by this share of itself.
inline constexpr double frozen_voltage_share = 0.001;
/// Under a current that stays the rack's voltage shows by this share of itself that cells move:
/// 16 mV of a cell, and more than a step of the sensor of the rack.
inline constexpr double frozen_steady_share = 0.005;

/// Finds cells whose reported voltage stands still while it should not.
///
/// A cell is frozen for as long as current flows and its value did not change by one step of
/// its resolution although most others did since, or although a charge flowed that moves every
/// cell (`standstill_model`): cells that rest on a flat curve together for less are no fault. All
/// are frozen when not one of them moved, although the current changed and the rack's voltage
/// answered where it is measured, although that voltage moved under a current, or although that
/// charge flowed.
class frozen_model {
 public:
  /// `resolution_v`: the smallest step of the values; 0: not known.
  frozen_model(std::uint32_t count, std::uint32_t period_ms, double capacity_ah,
               double resolution_v = 0);

  /// What else is known; nothing is claimed without a current.
  struct surroundings {
    std::optional<double> current_a;
    std::optional<double> rack_v;
  };
  void step(const element_values& cells, const surroundings& now, std::int64_t now_us);

  /// Milliseconds for which each cell is frozen.
  [[nodiscard]] const element_values& ages_ms() const { return ages_; }
  /// 1 while all of them are.
  [[nodiscard]] const element_values& all() const { return all_; }

 private:
  void compare(const element_values& cells);
  void judge_all(const surroundings& now, std::int64_t now_us);
  [[nodiscard]] bool flows(const surroundings& now) const;
  [[nodiscard]] bool should_answer(const surroundings& now) const;

  standstill_model standstill_;
  element_values ages_;
  element_values all_{1};
  std::vector<std::int32_t> last_;    ///< values of the step before
  std::vector<std::int32_t> since_;   ///< milliseconds with current since the last change
  std::vector<std::int32_t> changed_; ///< -1: in the epoch that runs
  std::vector<std::int32_t> behind_;  ///< -1: stood still through an epoch that ended
  double current_min_a_;
  std::int64_t all_after_us_;
  std::int64_t last_us_ = 0;
  bool started_ = false;
  bool any_changed_ = false;
  surroundings answered_; ///< as they were when a cell answered last
  std::int64_t unanswered_us_ = 0;
  bool unanswered_ = false;
};

} // namespace voltaic::actors::protection
