#pragma once

#include <atomic>
#include <cstdint>

#include "actors/runtime/actor.hpp"

namespace voltaic::actors::runtime {

/// A pulse may go along with mail that comes this much before it is due.
inline constexpr std::int64_t ride_ahead_us = 15'000;
/// Where pulses go along, the timer waits this much longer for one that is due: actors whose
/// port has fallen silent go on after 165 ms at most; those that stand still are wedged after 300.
inline constexpr std::int64_t ride_wait_us = 2 * wake_period_us;

/// When a node's pulse is due, every `wake_period_us`: it comes by the timer, or goes along
/// with mail for which the worker wakes anyway, and the timer stands by. Pure.
class pulse_schedule {
 public:
  /// The first is due at once.
  explicit pulse_schedule(std::int64_t now_us) : due_us_(now_us) {}
  /// One may go along with mail that comes now. Any thread.
  [[nodiscard]] bool may_ride(std::int64_t now_us) const {
    return now_us >= due_us_ - ride_ahead_us;
  }
  /// The timer has come: whether it has to make the pulse.
  [[nodiscard]] bool is_for_timer(std::int64_t now_us) const {
    return !rides_ || now_us - due_us_ >= wake_period_us;
  }
  /// One begins. True: more than a period late.
  [[nodiscard]] bool is_late(std::int64_t now_us) const {
    return now_us - due_us_ > wake_period_us + (rides_ ? ride_wait_us : 0);
  }
  /// One was made.
  void made(std::int64_t now_us, bool went_along);
  /// When the timer has to come again.
  [[nodiscard]] std::int64_t timer_us() const { return due_us_ + (rides_ ? ride_wait_us : 0); }

 private:
  std::atomic<std::int64_t> due_us_;
  bool rides_ = false; ///< the last one went along
};

} // namespace voltaic::actors::runtime
