#pragma once

#include <cstdint>
#include <optional>

#include "actors/runtime/standing_value_model.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::runtime {

/// A device has to report another value than was set for this long, good and
/// without a break, before anything is done about it.
inline constexpr std::int64_t held_patience_us = 2 * messages::us_per_s;
/// Two writes of one value lie at least this far apart.
inline constexpr std::int64_t rewrite_spacing_us = 5 * messages::us_per_s;
/// Writes in a row before it is told that the device does not hold the value;
inline constexpr int rewrites_max = 3;
/// from then on it is written this seldom.
inline constexpr std::int64_t rewrite_seldom_us = 60 * messages::us_per_s;
/// A value that was reported for this long counts as held: the count begins anew.
inline constexpr std::int64_t held_again_us = 60 * messages::us_per_s;

/// What a device reports of a value that can be set, of good quality.
struct reported_value {
  double value = 0;
  std::int64_t time_us = 0; ///< its source time, monotonic
};

/// Watches whether a device holds what was set: one that was restarted falls
/// back to its own default. What is looser than what was set is to be written
/// again, a bounded number of times; a tighter value is the device's own
/// decision, or a stranger's, and only told. Pure: time is what it is told.
class held_value_model {
 public:
  /// `side`: where tighter values lie.
  explicit held_value_model(messages::tighter side = messages::tighter::toward_zero)
      : side_(side) {}

  enum class verdict : std::uint8_t {
    nothing,
    write,        ///< the value is to be written again: `wrote` tells that it was
    resume,       ///< the same at once, because the actor was restarted
    left_tighter, ///< it holds a tighter value and is left alone; told once
    not_held,     ///< it did not take the value; told once, written seldom from now on
    held_again    ///< it does, after one of the two above
  };

  /// `wanted`: what the device was given and has to hold; nothing: anything goes.
  /// `reported`: nothing while it is not known, for instance while the device is off.
  [[nodiscard]] verdict look(const std::optional<held_value>& wanted,
                             const std::optional<reported_value>& reported, double tolerance,
                             std::int64_t now_us);
  /// Whether a former life left a value behind: then the first report that is
  /// looser needs no patience, until something is set or written.
  void resume(bool does) { resumes_ = does; }
  /// There was nothing to hold when it was looked at last.
  [[nodiscard]] bool is_idle() const { return !wanted_; }
  /// Fewer were written than are before it is told as not held.
  [[nodiscard]] bool is_counting() const { return writes_ < rewrites_max; }
  /// The value was written, by whomever: what was reported before says nothing any more.
  void wrote(std::int64_t now_us);

 private:
  [[nodiscard]] verdict agrees(std::int64_t now_us);
  [[nodiscard]] verdict disagrees(double value, std::int64_t now_us);

  messages::tighter side_;
  std::optional<held_value> wanted_;
  std::int64_t heard_after_us_ = 0; ///< what was reported up to then does not count
  std::optional<std::int64_t> wrong_since_us_;
  bool is_wrong_tighter_ = false;
  std::optional<std::int64_t> right_since_us_;
  std::optional<std::int64_t> written_us_; ///< again
  int writes_ = 0;                         ///< again, in a row
  bool told_not_held_ = false;
  bool told_tighter_ = false;
  bool resumes_ = false; ///< and nothing was reported yet
};

} // namespace voltaic::actors::runtime
