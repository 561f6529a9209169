#include "bus/can/socketcan/restart_policy.hpp"

#include <algorithm>

namespace voltaic::bus::can {

std::int64_t restart_policy::backoff_us() const {
  // 100 ms, then three times as long each time: 0.3, 0.9, 2.7 s, and 5 s at most.
  std::int64_t result = backoff_us_min;
  for (std::size_t i = 0; i < done_us_.size(); ++i) result = std::min(3 * result, backoff_us_max);
  return result;
}

restart_policy::answer restart_policy::bus_is_off(std::int64_t now_us) {
  while (!done_us_.empty() && now_us - done_us_.front() >= window_us) done_us_.pop_front();
  if (given_up_) return answer::given_up;
  if (done_us_.size() >= restarts_max) {
    given_up_ = true;
    due_us_.reset();
    return answer::given_up;
  }
  if (!due_us_) due_us_ = now_us + backoff_us();
  if (now_us < *due_us_) return answer::wait;
  due_us_.reset();
  done_us_.push_back(now_us);
  return answer::restart;
}

void restart_policy::bus_is_on() {
  due_us_.reset();
}

void restart_policy::reset() {
  done_us_.clear();
  due_us_.reset();
  given_up_ = false;
}

} // namespace voltaic::bus::can
