#pragma once

#include <cstdint>

namespace voltaic::bus::can {

/// Whether single errors of the wire are worth hearing of. A controller that reports each of them
/// sends thousands a second on a bad bus, and each wakes its port. Pure; time is handed in.
class error_throttle {
 public:
  /// More than so many within `period_us` are a flood.
  static constexpr std::uint64_t errors_max = 250;
  static constexpr std::int64_t period_us = 250'000;
  /// After a flood only states are heard of for so long.
  static constexpr std::int64_t pause_us = 1'000'000;

  /// To be called every `period_us`, with what was counted so far. True: hear of single errors;
  /// false: of the controller's states alone.
  [[nodiscard]] bool hears_all(std::uint64_t errors, std::int64_t now_us) {
    const bool flood = errors - counted_ > errors_max;
    counted_ = errors;
    if (flood) paused_until_us_ = now_us + pause_us;
    return now_us >= paused_until_us_;
  }

 private:
  std::uint64_t counted_ = 0;
  std::int64_t paused_until_us_ = 0;
};

} // namespace voltaic::bus::can
