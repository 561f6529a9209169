#pragma once

#include <cstdint>

namespace voltaic::bus::can {

/// CLOCK_MONOTONIC in microseconds: the time of every port that is not a replay.
[[nodiscard]] std::int64_t monotonic_now_us();

/// What to add to CLOCK_MONOTONIC for CLOCK_REALTIME at this moment; steps when UTC is set.
[[nodiscard]] std::int64_t utc_offset_now_us();

/// utc = monotonic + offset, looked up at most once a second so that the many
/// stamps of a burst agree with each other.
class utc_offset_clock {
 public:
  [[nodiscard]] std::int64_t offset_us(std::int64_t monotonic_us);

 private:
  std::int64_t offset_us_ = 0;
  std::int64_t sampled_us_ = 0;
  bool known_ = false;
};

/// The first multiple of `tick_period_us` after `now_us`.
[[nodiscard]] std::int64_t next_tick_us(std::int64_t now_us);

} // namespace voltaic::bus::can
