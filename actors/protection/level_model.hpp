#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/protection/table.hpp"

namespace voltaic::actors::protection {

/// Arrays of elements are filled up to whole groups of this many, so that vector
/// instructions leave no rest.
inline constexpr std::size_t lanes = 16;
/// Time that one step may charge to an integrator; sums stay inside 32 bits.
inline constexpr std::int32_t charge_us_max = 300'000'000;

/// Newest values of one input, padded to whole groups of `lanes`. The padding
/// is never valid.
struct element_values {
  explicit element_values(std::size_t elements);
  /// To be called after any change of values or validity.
  void summarise();
  /// Of a single element: its value, or that it has none.
  void put(std::optional<std::int32_t> one);
  /// Nothing as soon as one of them is not valid.
  [[nodiscard]] std::optional<std::int64_t> sum_if_all_valid() const;

  std::size_t count = 0;
  std::vector<std::int32_t> value; ///< in millionths of the unit, or whole counts
  std::vector<std::int32_t> valid; ///< -1 or 0
  /// 0: the value is charged like any other, but sets no level before the next scan confirms it.
  std::vector<std::int32_t> confirmed;
  /// 0: the value is older than its stale time. It is held, and clears nothing.
  std::vector<std::int32_t> fresh;
  std::int32_t minimum = 0; ///< of the valid elements
  std::int32_t maximum = 0;
  bool any_valid = false;
};

/// Whether a level begins or ends.
enum class edge : std::uint8_t { set, clear };

/// A level that began or ended for one element.
struct transition {
  std::uint32_t element = 0;
  std::int32_t value = 0;
  std::uint8_t level = 0; ///< position in the candidate's levels
  protection::edge edge = protection::edge::set;
};

/// Thresholds of one level in raw values, and how long a value has to be beyond them.
struct level_setting {
  std::int32_t set = 0;
  std::int32_t clear = 0;
  std::int32_t set_us = 0;
  std::int32_t clear_us = 0;
};

/// One candidate's levels over all its elements, in flat arrays.
///
/// Setting: an integrator counts the time for which the value lies at or beyond
/// `set` up, and the time for which it does not down; the level sets when it
/// reaches `set_us`. A value that is bad more than half of the time therefore
/// trips. Clearing: the value must stay at or behind `clear` for `clear_us`
/// without a break. A value that is not valid holds the integrator, and one that is not
/// valid or stale starts the clear timer again. Levels are independent of each other, but
/// for a cascade, and for what is implied.
class level_model {
 public:
  /// `cascade`: a level's integrator counts up only where the one before it was active when the
  /// step began.
  level_model(messages::protection::direction side, std::vector<level_setting> levels,
              std::size_t count, bool cascade = false);

  /// Charges `charge_us` with the values as they are now. Appends what changed,
  /// lowest level first, then by element. Does not allocate once `changes` has
  /// room for `levels * count`.
  void step(const element_values& input, std::int32_t charge_us, std::vector<transition>& changes) {
    // Nothing runs, and nothing begins to.
    if (quiet_ && !(input.any_valid && worst_of(input) >= least_set_)) return;
    step_levels(input, charge_us, changes);
  }

  /// A level that does not count sees no value beyond its limit: it does not set, its
  /// integrator goes down. What is active stays until its value clears it.
  void count_level(std::size_t level, bool counts);

  /// Every clear timer starts again: what the values follow from is stale.
  void restart_clearing();
  /// An element's level is set because a higher one of its candidate is. False: it was already,
  /// or does not count.
  [[nodiscard]] bool imply(std::size_t level, std::size_t element);

  [[nodiscard]] bool is_high() const { return sign_ > 0; }
  [[nodiscard]] std::size_t levels() const { return levels_.size(); }
  [[nodiscard]] std::uint32_t active_count(std::size_t level) const { return active_[level]; }
  /// Some element is, or was short ago, beyond the limit.
  [[nodiscard]] bool is_pending(std::size_t level) const { return pending_[level] != 0; }
  [[nodiscard]] std::int32_t clear_us(std::size_t level) const { return levels_[level].clear_us; }
  /// Every element has a fresh and valid value at or behind the clear value.
  [[nodiscard]] bool is_behind(std::size_t level, const element_values& input) const;
  /// True while a step without new values cannot change anything.
  [[nodiscard]] bool quiet() const { return quiet_; }

 private:
  void step_levels(const element_values& input, std::int32_t charge_us,
                   std::vector<transition>& changes);
  [[nodiscard]] std::int32_t worst_of(const element_values& input) const {
    return sign_ > 0 ? input.maximum : -input.minimum;
  }
  /// From where on a value is beyond the limit, as things are.
  [[nodiscard]] std::int32_t set_at(std::size_t level) const;
  void find_least_set();
  /// For each element whether a level may count now: -1 or 0.
  [[nodiscard]] const std::int32_t* gate_of(std::size_t level) const;
  [[nodiscard]] bool integrate(std::size_t level, const element_values& input,
                               std::int32_t charge_us);
  /// Of the lane `at`, which is not set.
  void begin(std::size_t level, std::size_t at);
  void set_due(std::size_t level, const element_values& input, std::vector<transition>& changes);
  void clear_due(std::size_t level, const element_values& input, std::int32_t charge_us,
                 std::vector<transition>& changes);

  std::int32_t sign_;
  std::size_t padded_;
  std::vector<level_setting> levels_; ///< signed: all of them are high limits
  std::vector<std::int32_t> integral_us_;
  std::vector<std::int32_t> clear_us_;
  std::vector<std::int32_t> state_; ///< -1: active
  /// For each element and level, whether it may count: -1 for the first, for the others what the
  /// one before was when the step began. Without a cascade the first's alone.
  std::vector<std::int32_t> gates_;
  std::vector<std::uint32_t> active_;
  std::vector<std::uint8_t> pending_; ///< a level has an integrator above zero
  std::vector<std::uint8_t> full_;    ///< an integrator has reached what sets
  std::vector<std::uint8_t> counts_;  ///< its condition holds
  std::int32_t least_set_;            ///< of all levels: no value before it is beyond any of them
  bool quiet_ = true;
};

} // namespace voltaic::actors::protection
