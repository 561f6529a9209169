#include "bus/can/replay/timeline.hpp"

#include "bus/can/clock.hpp"

namespace voltaic::bus::can {

std::int64_t replay_timeline::next_us() const {
  return next_tick_us(now_us_);
}

batch replay_timeline::next() {
  batch result;
  now_us_ = next_us();
  result.now_us = now_us_;
  for (;;) {
    if (position_ == source_.frames.size()) {
      const std::int64_t lap_us = start_us_ + source_.span_us + loop_gap_us;
      if (!loop_ || lap_us > now_us_) return result;
      start_us_ = lap_us;
      position_ = 0;
    }
    const messages::can::frame& item = source_.frames[position_];
    if (start_us_ + item.time_us > now_us_) return result;
    result.frames.push_back(item);
    result.frames.back().time_us += start_us_;
    ++position_;
  }
}

} // namespace voltaic::bus::can
