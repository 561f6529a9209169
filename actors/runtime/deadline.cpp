#include "actors/runtime/deadline.hpp"

namespace voltaic::actors::runtime {

namespace {

/// A chain that stood still handles what waits in its port's socket, which is
/// less than this. Further apart its time is of another clock: a recording's.
constexpr std::int64_t catch_up_max_us = 30 * messages::us_per_s;

} // namespace

std::int64_t deadline_clock_utc_us(const context& owner, instant step) {
  const auto ahead_us = owner.now().monotonic_us - step.monotonic_us;
  const bool catches_up = ahead_us > 0 && ahead_us <= catch_up_max_us;
  return step.utc_us + (catches_up ? ahead_us : 0);
}

} // namespace voltaic::actors::runtime
