#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/protection/table.hpp"

/// How much of a rack's rated current is left, by what its cells and its state of
/// charge are: piecewise linear curves, data of the device profile.
namespace voltaic::messages::protection {

/// A curve has no more corners.
inline constexpr std::size_t corners_max = 16;

/// One corner of a curve: at this value (V, degC or %) so much of the rating is left.
struct corner {
  double at = 0;
  double percent = 0;
  friend bool operator==(const corner&, const corner&) = default;
};

/// Corners by rising `at`, straight lines between them, level beyond both ends.
/// Without corners nothing is derated.
using curve = std::vector<corner>;

/// What is left at this value; 100 without corners, the smallest of the curve for
/// what is no number.
[[nodiscard]] double percent_at(const curve& of, double value);
/// The smallest that the curve leaves anywhere; 100 without corners.
[[nodiscard]] double least_percent(const curve& of);

/// The curves of both directions by one quantity.
struct curve_pair {
  curve charge;
  curve discharge;
  friend bool operator==(const curve_pair&, const curve_pair&) = default;
};

/// Limits fall at once and rise slowly; so slowly where a profile says nothing: from
/// nothing to the whole rating in 100 s. (OpenEMS raises by 0.1 A/s, which would take
/// a rack of 140 A 23 minutes.)
inline constexpr double recovery_percent_per_s_default = 1.0;
/// A limit begins to rise when so much more is allowed; never less than this.
inline constexpr double hysteresis_percent_min = 1.5;
/// The trend of the highest temperature is taken over this time and looked ahead by
/// the same.
inline constexpr double trend_window_s_default = 60;
inline constexpr double trend_horizon_s_default = 60;
/// No profile may watch a trend for longer or look further ahead.
inline constexpr double trend_s_max = 120;

/// How a rack is derated. A curve that is empty derates nothing.
struct derating {
  curve_pair cell_voltage; ///< charge by the highest cell, discharge by the lowest
  curve_pair temperature;  ///< each by both extremes
  curve_pair soc;
  double recovery_percent_per_s = recovery_percent_per_s_default; ///< of the rating
  double hysteresis_percent = hysteresis_percent_min;
  double trend_window_s = trend_window_s_default;
  double trend_horizon_s = trend_horizon_s_default; ///< 0: the trend is not looked at
  double charge_target_cell_v = 0;                  ///< cells are charged up to it
  double discharge_target_cell_v = 0;               ///< and discharged down to it
  friend bool operator==(const derating&, const derating&) = default;
};

/// What a profile states of it; the rest follows from the protection table.
struct stated_derating {
  std::optional<curve> charge_by_cell_voltage;
  std::optional<curve> discharge_by_cell_voltage;
  std::optional<curve> charge_by_temperature;
  std::optional<curve> discharge_by_temperature;
  std::optional<curve> charge_by_soc;
  std::optional<curve> discharge_by_soc;
  std::optional<double> recovery_percent_per_s;
  std::optional<double> hysteresis_percent;
  std::optional<double> trend_window_s;
  std::optional<double> trend_horizon_s;
  std::optional<double> charge_target_cell_v;
  std::optional<double> discharge_target_cell_v;
  friend bool operator==(const stated_derating&, const stated_derating&) = default;
};

/// How a curve may run, so that the extremes of what is measured decide for all of it.
enum class curve_shape {
  falling, ///< never rises: the highest value has the least
  rising,  ///< never falls: the lowest value has the least
  hill     ///< never rises again once it fell: one of the two extremes has the least
};
/// What is wrong with a curve, or nothing: its number of corners, values that are not
/// numbers or not rising, percents outside 0 to 100, a shape that extremes do not judge.
[[nodiscard]] std::optional<std::string> fault_of(const curve& of, curve_shape shape);

/// The derating in force: what is stated, else 100 % up to the warning's set value
/// and nothing from the alarm's on, with these two of `rules`; a candidate that has
/// no such levels derates nothing. Cells are charged and discharged as far as neither
/// the curve nor the warning of the rack's voltage, once cleared, minds.
[[nodiscard]] derating derating_of(const stated_derating& stated, const table& rules);

} // namespace voltaic::messages::protection
