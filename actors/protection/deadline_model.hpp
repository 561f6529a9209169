#pragma once

#include <cstdint>
#include <deque>

namespace voltaic::actors::protection {

/// A step that is dealt with this long after its time has missed its deadline: of
/// the reaction times that profiles state, nothing may be spent on waiting.
inline constexpr std::int64_t step_deadline_us = 100'000;
/// Misses are counted over this time.
inline constexpr std::int64_t deadline_window_us = 10'000'000;
/// So many of them are a warning,
inline constexpr std::size_t deadline_misses_warning = 3;
/// and with so many the rack is opened in order: nobody protects it in time.
inline constexpr std::size_t deadline_misses_open = 10;

/// Pure. Counts how often a chain was too late, on the time of its node's clock.
///
/// A standstill is one miss, however many steps wait behind it; whoever stays
/// behind misses once per deadline.
class deadline_model {
 public:
  enum class level : std::uint8_t { good, warning, open };

  /// A step was dealt with `late_us` after its time; it is `now_us` on the node's
  /// clock. The level from now on.
  level step(std::int64_t now_us, std::int64_t late_us);
  [[nodiscard]] deadline_model::level level_now() const { return level_; }
  /// Misses within the window.
  [[nodiscard]] std::size_t misses() const { return misses_us_.size(); }

 private:
  std::deque<std::int64_t> misses_us_; ///< at most `deadline_misses_open`
  level level_ = level::good;
};

} // namespace voltaic::actors::protection
