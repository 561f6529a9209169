#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "messages/inverter/inverter_profile.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::inverter_link {

/// Frames that may not wait for their time keep this distance all the same.
inline constexpr std::int64_t hurry_gap_us = 100 * messages::us_per_ms;

/// Which frames of a profile are due. Pure. Periods count from the first step on, so that
/// frames keep their distance whatever they say.
class schedule_model {
 public:
  explicit schedule_model(const std::vector<messages::inverter::frame_layout>& frames);

  /// The inverter asked by the request of this name: its frames are due at the next step.
  void ask(const std::string& request);
  /// This frame is due at the next step although its time is not, unless it was due within
  /// `hurry_gap_us` before.
  void hurry(std::size_t position) { entries_.at(position).is_urgent = true; }
  /// Positions of the frames that are due, in the profile's order. What was missed for more
  /// than a period is not made up for.
  [[nodiscard]] std::vector<std::size_t> due(std::int64_t now_us);

 private:
  struct entry {
    std::int64_t period_us = 0; ///< 0: only when asked for
    std::int64_t phase_us = 0;
    std::string on_request;
    std::int64_t due_us = 0;
    bool is_asked = false;
    bool is_urgent = false;
    std::int64_t last_us = 0; ///< when it was due
  };
  std::vector<entry> entries_;
  bool is_started_ = false;
};

} // namespace voltaic::actors::inverter_link
