#include "bus/can/hand_over.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::bus::can {

hand_over::hand_over(batch_handler handler, std::int64_t tick_pause_us)
    : handler_(std::move(handler)), tick_pause_us_(tick_pause_us), last_us_(monotonic_now_us()) {}

std::int64_t hand_over::due_us() const {
  return std::max(next_tick_us(last_us_), last_frame_us_ + tick_pause_us_);
}

void hand_over::say(std::int64_t now_us, bool backlog) {
  now_us = std::max(last_us_, now_us);
  if (waiting.frames.empty() && now_us < next_tick_us(last_us_)) return;
  for (auto& item : waiting.frames) {
    item.time_us = std::clamp(item.time_us, last_us_, now_us);
    last_us_ = item.time_us;
  }
  if (!waiting.frames.empty()) last_frame_us_ = now_us;
  if (!backlog) last_us_ = now_us;
  waiting.now_us = last_us_;
  waiting.utc_offset_us = utc_.offset_us(now_us);
  handler_(std::exchange(waiting, {}));
}

} // namespace voltaic::bus::can
