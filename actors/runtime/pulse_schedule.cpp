#include "actors/runtime/pulse_schedule.hpp"

namespace voltaic::actors::runtime {
namespace {

// A pulse this late means that the process was stopped: the schedule starts anew.
constexpr std::int64_t pulse_gap_max_us = 1'000'000;

} // namespace

void pulse_schedule::made(std::int64_t now_us, bool went_along) {
  const auto next_us = due_us_ + wake_period_us;
  // Where the timer took over it waited for mail: nothing need be made up for.
  const bool begins_anew = (rides_ && !went_along) || now_us - next_us > pulse_gap_max_us;
  due_us_ = begins_anew ? now_us + wake_period_us : next_us;
  rides_ = went_along;
}

} // namespace voltaic::actors::runtime
