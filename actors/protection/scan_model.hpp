#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "actors/protection/level_model.hpp"
#include "actors/protection/measured.hpp"
#include "actors/protection/recovery_model.hpp"
#include "messages/quality.hpp"

namespace voltaic::actors::protection {

using messages::quality;

/// The largest number that stands for a value; what lies beyond it is none.
inline constexpr std::int32_t fixed_max = std::numeric_limits<std::int32_t>::max() - 1;
/// The value in whole parts of its unit; nothing if it is not a number or beyond `fixed_max`.
[[nodiscard]] std::optional<std::int32_t> fixed(double value, double parts);
/// The same, but the nearest number for what lies beyond. NaN is nothing.
[[nodiscard]] std::optional<std::int32_t> fixed_at_most(double value, double parts);
/// The value in millionths; nothing if it is not a number or beyond `fixed_max`.
[[nodiscard]] std::optional<std::int32_t> millionths(double value);

/// Consecutive elements of one input as they arrived together.
struct element_block {
  std::uint32_t first_index = 0;
  std::int64_t source_time_us = 0;
  std::span<const std::int32_t> values; ///< in the parts of `measured_description`
  messages::quality quality = quality::never;
  std::span<const messages::quality> element_quality; ///< empty: all have the block's
  measured of = measured::cell_voltage;
};

/// Complete scans in a row after which values count as back.
inline constexpr std::uint32_t scans_for_ready = 3;

/// The newest values of one input, how old they are and how many are unusable.
class scan_model {
 public:
  /// `stale_us`: a value older than this charges no integrator any more. `step_max`: a value
  /// that is as far from the one before sets nothing until another scan came; 0: any may.
  /// `hold_us`: values that come again, and may not be used yet, hold their age for so long.
  scan_model(std::uint32_t count, std::int64_t stale_us, std::int32_t step_max = 0,
             std::int64_t hold_us = 0);

  /// Elements beyond the input's count are left out.
  void apply(const element_block& block, std::int64_t now_us);

  [[nodiscard]] const element_values& values() const { return values_; }
  /// Whether an element's newest value became older than its stale time by now, and was not
  /// marked so yet.
  [[nodiscard]] bool expires(std::int64_t now_us) const;
  /// Marks them.
  void expire(std::int64_t now_us);
  /// The time between two instants for which the values may be held.
  [[nodiscard]] std::int32_t charge_us(std::int64_t from_us, std::int64_t to_us) const;
  /// Elements that arrive but are unusable: sentinels, out of range, not a number.
  [[nodiscard]] std::uint32_t invalid_count() const { return invalid_count_; }
  /// The lowest of them; only if there are any.
  [[nodiscard]] std::uint32_t first_invalid() const { return first_invalid_; }
  [[nodiscard]] bool all_received() const { return never_count_ == 0; }
  /// Their source says that it does not know some of them any more.
  [[nodiscard]] bool is_any_stale() const { return stale_count_ > 0; }
  /// Somebody listens from now on: what never arrives is silent since then.
  void begin(std::int64_t now_us);
  /// Age of the element that did not arrive for the longest time, since `begin` at the most,
  /// without the time in which it came again but may not be used yet.
  [[nodiscard]] std::int64_t oldest_age_us(std::int64_t now_us) const;
  /// Some come again, and may not be used yet.
  [[nodiscard]] bool is_recovering() const { return recovery_.is_any(); }
  /// Elements whose newest value waits to be confirmed.
  [[nodiscard]] std::uint32_t unconfirmed_count() const { return unconfirmed_count_; }
  /// Complete scans in a row without a missing or stale element.
  [[nodiscard]] std::uint32_t scans() const { return scans_; }
  /// Silence was noticed: scans count from here.
  void restart_scans();

 private:
  void apply_whole(const element_block& block, std::int64_t now_us);
  void apply_each(const element_block& block, std::int64_t now_us);
  void recount();
  /// The new value of an element that has a valid one.
  void take_value(std::size_t element, std::int32_t value);
  [[nodiscard]] bool any_step(std::span<const std::int32_t> values) const;

  element_values values_;
  std::int64_t stale_us_;
  std::int32_t step_max_;
  recovery_model recovery_;
  std::uint32_t unconfirmed_count_ = 0;
  std::vector<messages::quality> quality_;
  std::vector<std::int64_t> source_us_;
  std::vector<std::int64_t> fresh_us_; ///< when an element last came with a new source time
  std::vector<std::uint8_t> seen_;     ///< in the scan that is being received
  std::uint32_t seen_count_ = 0;
  std::uint32_t scans_ = 0;
  std::uint32_t never_count_;
  std::uint32_t stale_count_ = 0;
  std::uint32_t invalid_count_ = 0;
  std::uint32_t first_invalid_ = 0;
  std::int64_t oldest_us_ = 0;
  std::int64_t newest_us_ = 0;
  std::int64_t oldest_fresh_us_ = std::numeric_limits<std::int64_t>::max();
  bool expired_ = false; ///< some are marked as stale
  bool uniform_ = false; ///< all good, all with `whole_source_us_` and `newest_us_`
  std::int64_t whole_source_us_ = 0;
};

} // namespace voltaic::actors::protection
