#pragma once

#include <algorithm>
#include <cstdint>

/// When a value that stopped arriving is warned about, alarmed and faulted.
namespace voltaic::actors::runtime {

struct stale_thresholds {
  std::int64_t warning_us = 0;
  std::int64_t alarm_us = 0;
  std::int64_t fault_us = 0;
  friend bool operator==(const stale_thresholds&, const stale_thresholds&) = default;
};

/// Multiples of the declared period, in halves: 1.5, 3 and 5.
inline constexpr std::int64_t warning_half_periods = 3;
inline constexpr std::int64_t alarm_half_periods = 6;
inline constexpr std::int64_t fault_half_periods = 10;

/// The larger of the table's value and k times the period, level by level.
[[nodiscard]] constexpr stale_thresholds stale_after(stale_thresholds table,
                                                     std::int64_t period_us) {
  return {std::max(table.warning_us, warning_half_periods * period_us / 2),
          std::max(table.alarm_us, alarm_half_periods * period_us / 2),
          std::max(table.fault_us, fault_half_periods * period_us / 2)};
}

} // namespace voltaic::actors::runtime
