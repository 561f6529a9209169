#pragma once

#include <cstdint>

#include "bus/can/port.hpp"

namespace voltaic::bus::can {

/// When a port asks the kernel anew what state its interface has. Messages and error frames tell
/// each change, but they get lost, and come in another order than what they tell happened.
/// Asking waits for whoever changes interfaces at that moment, so it is not done without a cause
/// while frames come. Pure; time is handed in.
class state_refresh {
 public:
  /// An interface that is said to be down or bus-off, where nothing comes that could wait, is
  /// asked about this often.
  static constexpr std::int64_t period_us = 1'000'000;
  /// The kernel is never asked more often, however much is lost.
  static constexpr std::int64_t spacing_us_min = 100'000;

  /// Something was lost, or may be older than what is known.
  void doubt() { in_doubt_ = true; }
  [[nodiscard]] bool due(controller_state state, std::int64_t now_us) const {
    const bool silent = state == controller_state::down || state == controller_state::bus_off;
    const std::int64_t since_us = now_us - asked_us_;
    return (in_doubt_ && since_us >= spacing_us_min) || (silent && since_us >= period_us);
  }
  /// The kernel is asked now.
  void asked(std::int64_t now_us) {
    in_doubt_ = false;
    asked_us_ = now_us;
  }

 private:
  std::int64_t asked_us_ = 0;
  bool in_doubt_ = false;
};

} // namespace voltaic::bus::can
