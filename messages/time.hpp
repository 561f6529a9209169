#pragma once

#include <cstdint>

namespace voltaic::messages {

/// Where a UTC time comes from.
enum class utc_quality : std::uint8_t { unknown, synchronised, simulated };

/// One instant on both clocks, in microseconds. `monotonic_us` orders and ages;
/// `utc_us` (since 1970-01-01T00:00:00Z) is only shown to people.
struct instant {
  std::int64_t monotonic_us = 0;
  std::int64_t utc_us = 0;
  friend bool operator==(const instant&, const instant&) = default;
};

/// Microseconds in longer units.
inline constexpr std::int64_t us_per_ms = 1'000;
inline constexpr std::int64_t us_per_s = 1'000'000;

} // namespace voltaic::messages
