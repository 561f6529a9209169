#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "messages/protection/derating.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

/// Limits rise in steps of this time, so that a rise is no flood of news.
inline constexpr std::int64_t rise_step_us = messages::us_per_s;
/// What is allowed a little more than a limit for so long lets it rise, too.
inline constexpr std::int64_t rise_patience_us = 10 * messages::us_per_s;
/// The highest temperature is kept for its trend this often.
inline constexpr std::int64_t trend_sample_us = messages::us_per_s;
/// Less time than this says nothing of a trend.
inline constexpr std::int64_t trend_window_us_min = 10 * messages::us_per_s;
/// A step of this many K from one sample to the next is no trend of a battery: the
/// window begins anew. Cells that really warm like that are no matter of limits.
inline constexpr double trend_step_k_max = 2;
/// A rack whose cooling failed is derated as if it were so much hotter: it soon is.
inline constexpr double cooling_margin_k = 5;
/// Power limits are told in steps, rounded down, so that they do not follow each millivolt:
/// of the rated current times this voltage of each cell.
inline constexpr double power_step_cell_v = 0.005;

/// Elements that are unusable let nothing rise for so long after their number changed: what is
/// left may look better than what is lost. From then on the others speak for themselves.
inline constexpr std::int64_t unusable_patience_us = 60 * messages::us_per_s;

/// The extremes of all elements of one kind.
struct extremes {
  double minimum = 0;
  double maximum = 0;
  bool known = false;    ///< of at least one element; else nothing is allowed
  bool complete = false; ///< of all that can be had; else nothing rises
};

/// What a limit is held at while it rises slowly, in percent of its rating.
struct held_shares {
  double charge_percent = 100;
  double discharge_percent = 100;
  friend bool operator==(const held_shares&, const held_shares&) = default;
};

/// A rack, as far as its limits follow from it.
struct limit_options {
  messages::protection::derating derating;
  double charge_current_a = 0; ///< rated
  double discharge_current_a = 0;
  std::uint32_t cells_in_series = 0;
  bool has_temperature = false; ///< whether its device measures it at all
  bool has_soc = false;
  held_shares former; ///< by a former life: nothing begins with more
};

/// What holds now. What a rack does not measure is not looked at.
struct limit_inputs {
  extremes cell_v;
  extremes temperature_c;
  std::optional<double> soc_percent; ///< nothing: not usable, so nothing is allowed
  bool soc_is_late = false;          ///< it is what was known last: nothing rises by it
  /// The cells contradict it: no curve is read at it, and nothing rises by it. What a doubted SOC
  /// costs, a level of its own says; the cells' curves hold all the same.
  bool soc_is_doubted = false;
  double heat_margin_k = 0;    ///< curves are read so much hotter as well: cooling failed
  double charge_percent = 100; ///< what the levels that are active leave
  double discharge_percent = 100;
  double charge_cap_a = 0; ///< what the device itself allows
  double discharge_cap_a = 0;
};

/// Why a limit is below its rating: what binds now, not all that would; bits of a `limit_reasons`.
enum class limit_reason : std::uint8_t {
  cell_voltage,
  temperature,
  temperature_trend,
  soc,
  rise, ///< it rises slowly to what is allowed again
  charge_cap,
  discharge_cap,
  cooling,
  unknown_cells, ///< not one cell is known: nothing is left of the curve
  unknown_temperature,
  unknown_soc
};
using limit_reasons = std::uint16_t;
[[nodiscard]] constexpr limit_reasons bit_of(limit_reason reason) {
  return static_cast<limit_reasons>(1U << static_cast<unsigned>(reason));
}
/// As limits tell them, by `limit_reason`.
inline constexpr std::array<std::string_view, 11> limit_reason_texts{
    "derating/cell_voltage",
    "derating/temperature",
    "derating/temperature_trend",
    "derating/soc",
    "derating/recovery",
    "reported_charge_current_limit",
    "reported_discharge_current_limit",
    "derating/cooling_failed",
    "unknown/cell_voltage",
    "unknown/temperature",
    "unknown/soc"};

/// The limits of one rack. Voltages are of its terminals and not told where no target
/// is known; powers are the currents at the lowest voltage that the cells may have.
struct rack_limits {
  double charge_a = 0;
  double discharge_a = 0;
  std::optional<double> charge_v;
  std::optional<double> discharge_v;
  double charge_w = 0;
  double discharge_w = 0;
  limit_reasons reasons = 0; ///< of both directions
  limit_reasons charge_reasons = 0;
  limit_reasons discharge_reasons = 0;
  friend bool operator==(const rack_limits&, const rack_limits&) = default;
};

/// The trend of the highest temperature. Pure.
class temperature_trend {
 public:
  temperature_trend(double window_s, double horizon_s);
  /// Where the highest temperature will be at the horizon; never below `now_c`.
  [[nodiscard]] double ahead(double now_c, std::int64_t now_us);
  /// Nothing is known any more of what it was.
  void forget() { count_ = 0; }

 private:
  struct sample {
    std::int64_t time_us = 0;
    double value_c = 0;
  };
  static constexpr std::size_t samples_max =
      static_cast<std::size_t>(messages::protection::trend_s_max) + 1;

  [[nodiscard]] const sample& nth(std::size_t from_oldest) const {
    return samples_[(first_ + from_oldest) % samples_max];
  }
  void keep(double value_c, std::int64_t now_us);

  std::int64_t window_us_;
  double horizon_s_;
  std::array<sample, samples_max> samples_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

/// What is left of one direction's rating: falls at once, rises slowly. Pure.
class slow_rise {
 public:
  /// `begin_percent`: it begins with no more.
  slow_rise(double percent_per_s, double hysteresis_percent, double begin_percent = 100);
  /// What is left now, where `allowed` is; `may_rise`: nothing that it follows from
  /// is missing. Until that was so for the first time it takes what is allowed, but no more
  /// than it may begin with.
  double step(double allowed, bool may_rise, std::int64_t now_us);
  /// Everything was known once, so that what it holds is worth holding.
  [[nodiscard]] bool is_started() const { return started_; }

 private:
  double percent_per_us_;
  double hysteresis_percent_;
  double begin_percent_;
  double held_ = 0;
  bool started_ = false;
  bool rising_ = false;
  std::int64_t since_us_ = 0;  ///< no fall since then
  std::int64_t raised_us_ = 0; ///< the last step up
};

/// What is left where SOC is doubted from the start on, when nothing stands that could be held: as
/// much as `soc_implausible` leaves later, and no more than the curve has for what SOC says.
inline constexpr double doubted_soc_percent = 50;

/// Limits of current, power and voltage of one rack by its derating curves: the least
/// of all of them and of what active levels leave. Decides on extremes, never on
/// averages; what is missing allows nothing or lets nothing rise. Pure, allocates
/// nothing after its construction.
class limit_model {
 public:
  explicit limit_model(limit_options options);

  /// Time does not run back.
  const rack_limits& step(const limit_inputs& now, std::int64_t now_us);
  [[nodiscard]] const rack_limits& limits() const { return limits_; }
  /// What is held now, for a life that follows; nothing: not everything was known yet.
  [[nodiscard]] std::optional<held_shares> held() const;

 private:
  struct allowance {
    double percent = 100;
    limit_reasons reasons = 0;
    /// Tightens it, for this reason: the reasons are those that bind.
    void at_most(double other, limit_reason reason);
  };
  struct direction {
    slow_rise rise;
    double held = 0; ///< percent, after the last step
    limit_reasons reasons = 0;
  };

  [[nodiscard]] allowance by_curves(bool charge, const limit_inputs& now, double ahead_c) const;
  double settle(direction& of, const allowance& by_curve, double by_levels, bool may_rise,
                std::int64_t now_us);
  void take_floor(const extremes& cells);
  [[nodiscard]] double power(double current_a, double rated_a) const;

  limit_options options_;
  temperature_trend trend_;
  direction charge_;
  direction discharge_;
  double floor_cell_v_ = 0; ///< the lowest cell; while some are unknown it does not rise
  rack_limits limits_;
};

} // namespace voltaic::actors::protection
