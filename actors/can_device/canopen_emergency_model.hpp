#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/can_device/frame_watch_model.hpp"
#include "messages/canopen/emergency.hpp"

namespace voltaic::actors::can_device {

/// Who says more emergencies than this within `emergency_window_us` babbles: only that is told.
inline constexpr int emergencies_max = 10;
inline constexpr std::int64_t emergency_window_us = 10'000'000;
/// And no longer does after so long within its bounds.
inline constexpr std::int64_t emergency_quiet_us = 2 * emergency_window_us;
/// So many standing ones are spelled in the point, the others counted.
inline constexpr std::size_t emergencies_spelled = 4;

/// "3100 mains voltage (generic, voltage)".
[[nodiscard]] std::string to_words(const messages::canopen::emergency& said);

/// What a node says of its errors, as events: each that stands once, and one that babbles is told
/// to do so. Pure.
class emergency_watch {
 public:
  void take(const messages::canopen::emergency& said, std::int64_t now_us);
  /// At each grid instant.
  void step(std::int64_t now_us);
  /// The node has begun anew: nothing stands.
  void reset();
  [[nodiscard]] std::vector<notice> take_notices();
  /// All that stand, in words; empty: none.
  [[nodiscard]] std::string text() const;

 private:
  messages::canopen::standing_errors standing_;
  std::int64_t window_us_ = 0; ///< its begin
  int in_window_ = 0;
  std::int64_t busy_us_ = 0; ///< when it last babbled
  bool babbles_ = false;
  std::uint64_t untold_ = 0;
  std::vector<notice> notices_;
};

} // namespace voltaic::actors::can_device
