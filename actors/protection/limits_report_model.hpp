#pragma once

#include <cstdint>
#include <optional>

#include "actors/protection/protection_model.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

/// Events of limits tell currents and voltages in these steps (A, V) and power in whole W, as the
/// points that people read.
inline constexpr double told_current_step_a = 0.1;
inline constexpr double told_voltage_step_v = 0.1;
/// A current that changes by this share of its rating is told soon, a smaller change later.
inline constexpr double told_large_share = 0.05;
inline constexpr std::int64_t told_large_period_us = messages::us_per_s;
/// Limits that creep, and what holds them changing to and fro meanwhile, are no flood.
inline constexpr std::int64_t told_small_period_us = 10 * messages::us_per_s;

/// When a change of a rack's limits is worth an event. The limits themselves hold at once, as they
/// are. Pure.
class limits_report_model {
 public:
  /// Rated currents, in A.
  limits_report_model(double charge_current_a, double discharge_current_a);
  /// What is to be told now, rounded; nothing where nobody would see a difference, or not yet. At
  /// once: a direction that stops or goes again, and another cause than a curve of derating.
  [[nodiscard]] std::optional<current_limits> step(const current_limits& applied,
                                                   std::int64_t now_us);

 private:
  [[nodiscard]] std::int64_t period_us(const current_limits& now) const;

  double charge_current_a_;
  double discharge_current_a_;
  current_limits told_;
  std::int64_t told_us_ = 0;
  bool any_ = false;
};

} // namespace voltaic::actors::protection
