#pragma once

#include <cstdint>

#include "bus/can/port.hpp"
#include "bus/can/replay/recording.hpp"

namespace voltaic::bus::can {

/// A recording laid on a monotonic timeline, cut into ticks. Pure: a batch
/// depends on the recording and its start alone, not on who asks when.
class replay_timeline {
 public:
  /// The file's first frame is stamped `start_us`.
  replay_timeline(recording source, std::int64_t start_us, bool loop)
      : source_(std::move(source)), start_us_(start_us), now_us_(start_us), loop_(loop) {}

  /// Everything up to the next tick of the grid. Ticks go on after the end.
  [[nodiscard]] batch next();
  /// The end of the batch that `next` will give.
  [[nodiscard]] std::int64_t next_us() const;
  /// Every frame was given and none will follow.
  [[nodiscard]] bool ended() const { return !loop_ && position_ == source_.frames.size(); }

  /// Between a file's last frame and its first one, played again.
  static constexpr std::int64_t loop_gap_us = tick_period_us;

 private:
  recording source_;
  std::int64_t start_us_; ///< of the running lap
  std::int64_t now_us_;
  bool loop_;
  std::size_t position_ = 0;
};

} // namespace voltaic::bus::can
