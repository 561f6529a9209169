#include "bus/can/clock.hpp"

#include <ctime>

#include "bus/can/port.hpp"

namespace voltaic::bus::can {
namespace {

constexpr std::int64_t sample_period_us = 1'000'000;

std::int64_t read_us(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
}

} // namespace

std::int64_t monotonic_now_us() {
  return read_us(CLOCK_MONOTONIC);
}

std::int64_t utc_offset_now_us() {
  return read_us(CLOCK_REALTIME) - read_us(CLOCK_MONOTONIC);
}

std::int64_t utc_offset_clock::offset_us(std::int64_t monotonic_us) {
  if (!known_ || monotonic_us - sampled_us_ >= sample_period_us) {
    offset_us_ = utc_offset_now_us();
    sampled_us_ = monotonic_us;
    known_ = true;
  }
  return offset_us_;
}

std::int64_t next_tick_us(std::int64_t now_us) {
  return (now_us / tick_period_us + 1) * tick_period_us;
}

} // namespace voltaic::bus::can
