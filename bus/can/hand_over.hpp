#pragma once

#include <cstdint>

#include "bus/can/clock.hpp"
#include "bus/can/port.hpp"

namespace voltaic::bus::can {

/// What a port of the present hands to its owner: frames whose times never run back, and ticks
/// where none came. Of the port's own thread alone.
class hand_over {
 public:
  /// Nothing is stamped earlier than now. `tick_pause_us` as in `port_options`.
  hand_over(batch_handler handler, std::int64_t tick_pause_us);

  /// Where the port puts what it received, with the times it knows.
  batch waiting;

  /// When a tick is due, if no frame comes before it.
  [[nodiscard]] std::int64_t due_us() const;
  /// Hands over what waits, or a tick where one is due; neither: nothing happens. `now_us`: until
  /// when the bus was read. `backlog`: frames older than that are still to come.
  void say(std::int64_t now_us, bool backlog);

 private:
  const batch_handler handler_;
  const std::int64_t tick_pause_us_;
  utc_offset_clock utc_;
  std::int64_t last_us_;           ///< nothing may be stamped before it any more
  std::int64_t last_frame_us_ = 0; ///< when a frame was last handed over
};

} // namespace voltaic::bus::can
