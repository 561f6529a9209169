#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/sample.hpp"

namespace voltaic::messages::profiles {

/// A period is known from this many arrivals on.
inline constexpr std::uint64_t arrivals_needed = 4;
/// Seen periods this much longer than the stated one are told: values are stale then.
inline constexpr double slower_factor = 1.5;

/// Compares how often a log brings the elements of points with what the profile says.
/// Of each point it follows the element that the log brings first.
class seen_periods {
 public:
  /// The profile must outlive it.
  explicit seen_periods(const device_profile& profile);

  /// What was read from this frame. Frames without a time are passed over, and so is what lies
  /// behind a jump back in time.
  void take(const can::log_entry& entry, const std::vector<sample>& samples);

  /// A sentence for each point that comes slower than it should, in the profile's order.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  struct arrivals {
    std::uint32_t index = 0;
    std::uint64_t count = 0;
    std::int64_t first_us = 0;
    std::int64_t last_us = 0;
  };

  const device_profile& profile_;
  std::vector<arrivals> points_;
};

} // namespace voltaic::messages::profiles
