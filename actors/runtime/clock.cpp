#include "actors/runtime/clock.hpp"

#include <cassert>
#include <ctime>

namespace voltaic::actors::runtime {
namespace {

std::int64_t read_us(clockid_t which) {
  timespec value{};
  clock_gettime(which, &value);
  return std::int64_t{value.tv_sec} * messages::us_per_s + value.tv_nsec / 1'000;
}

} // namespace

messages::instant system_clock::now() const {
  return {read_us(CLOCK_MONOTONIC), read_us(CLOCK_REALTIME)};
}

void manual_clock::advance(std::int64_t microseconds) {
  assert(microseconds >= 0);
  now_.monotonic_us += microseconds;
  now_.utc_us += microseconds;
}

void manual_clock::set(std::int64_t monotonic_us) {
  if (monotonic_us > now_.monotonic_us) {
    advance(monotonic_us - now_.monotonic_us);
  }
}

} // namespace voltaic::actors::runtime
