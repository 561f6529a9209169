#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

namespace voltaic::nodes::process {

/// How often something is looked at that is awaited: at a start, when many nodes of a
/// machine wait for each other, and of a recording, whose time goes on with each look.
inline constexpr std::chrono::microseconds start_look_period{2'000};
inline constexpr std::chrono::microseconds replay_look_period{100};

/// Until it is so, or the time is over.
template <class Condition>
void wait_until(Condition reached, std::int64_t at_most_us, std::chrono::microseconds look_period) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(at_most_us);
  while (!reached() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(look_period);
  }
}

} // namespace voltaic::nodes::process
