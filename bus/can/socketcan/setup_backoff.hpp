#pragma once

#include <algorithm>
#include <cstdint>

namespace voltaic::bus::can {

/// When an interface that could not be set up is tried again: each wait is twice the one before.
/// Pure; time is handed in.
class setup_backoff {
 public:
  static constexpr std::int64_t wait_us_min = 1'000'000;
  static constexpr std::int64_t wait_us_max = 60'000'000;

  void failed(std::int64_t now_us) {
    due_us_ = now_us + wait_us_;
    wait_us_ = std::min(2 * wait_us_, wait_us_max);
  }
  void succeeded() { *this = {}; }
  [[nodiscard]] bool due(std::int64_t now_us) const { return now_us >= due_us_; }

 private:
  std::int64_t wait_us_ = wait_us_min;
  std::int64_t due_us_ = 0;
};

} // namespace voltaic::bus::can
