#include "bus/digital/sampler.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "bus/can/clock.hpp"

namespace voltaic::bus::digital {

sampler::sampler(reader read, handler told)
    : read_(std::move(read)),
      told_(std::move(told)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
  ::pthread_setname_np(thread_.native_handle(), "digital");
}

void sampler::run(const std::stop_token& stop) const {
  can::utc_offset_clock utc;
  auto next = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    sample now;
    read_(now);
    now.now_us = can::monotonic_now_us();
    now.utc_offset_us = utc.offset_us(now.now_us);
    told_(std::move(now));
    // After a standstill the missed samples are not made up for.
    next = std::max(next + std::chrono::microseconds(sample_period_us),
                    std::chrono::steady_clock::now());
    std::this_thread::sleep_until(next);
  }
}

} // namespace voltaic::bus::digital
