#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace voltaic::messages {

/// An instant that outlives the process: monotonic time, and which start of the machine it counts
/// from. UTC is no part of it: anybody may set that clock.
struct machine_time {
  std::string boot; ///< names a start of the machine; empty: not known
  std::int64_t monotonic_us = 0;
};

/// How much time surely passed from one instant to a later one, in microseconds. Within one start
/// of the machine what its monotonic clock says; from a former start all that this one lasts;
/// nothing where a start is not known.
[[nodiscard]] inline std::int64_t surely_passed_us(const machine_time& from,
                                                   const machine_time& to) {
  if (from.boot.empty() || to.boot.empty()) return 0;
  const auto since_us = from.boot == to.boot ? from.monotonic_us : 0;
  return std::max<std::int64_t>(0, to.monotonic_us - since_us);
}

} // namespace voltaic::messages
