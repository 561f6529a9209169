#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "messages/inverter/inverter_profile.hpp"

namespace voltaic::actors::inverter_link {

/// Which frames of a profile are due. Pure. Periods count from the first step on, so that
/// frames keep their distance whatever they say.
class schedule_model {
 public:
  explicit schedule_model(const std::vector<messages::inverter::frame_layout>& frames);

  /// The inverter asked by the request of this name: its frames are due at the next step.
  void ask(const std::string& request);
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
  };
  std::vector<entry> entries_;
  bool is_started_ = false;
};

} // namespace voltaic::actors::inverter_link
