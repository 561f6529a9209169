#pragma once

#include <cstdint>

#include "bus/can/port.hpp"
#include "bus/can/socketcan/error_frame.hpp"

namespace voltaic::bus::can {

/// Tells from frames and error frames what is wrong with a bus. Pure; time is handed in.
///
/// Who cannot read anything, because the bitrate is another, sees errors and not a single frame.
/// Who sees frames and errors has a disturbed bus. Who sees nothing, and whose own frames nobody
/// acknowledges, is alone: the cable is cut, or all others are off. A transceiver that can tell is
/// believed before all that.
class link_diagnosis {
 public:
  /// Judged is what happened in the window that runs, and in the one before it.
  static constexpr std::int64_t window_us = 1'000'000;
  /// Fewer distorted frames in that time are no trouble: plugging a cable makes some.
  static constexpr std::uint32_t distorted_min = 10;

  /// Frames that were on the wire whole: of others, or ours.
  void heard(std::uint64_t frames, std::int64_t now_us);
  void reported(const error_report& said, std::int64_t now_us);
  /// What the kernel says of the interface: an interface that was taken down and up is well again
  /// without an error frame.
  void stated(controller_state state);
  [[nodiscard]] link_trouble trouble(std::int64_t now_us);

 private:
  struct window {
    std::uint64_t heard = 0;
    std::uint32_t distorted = 0;
    std::uint32_t unacknowledged = 0; ///< or never sent
    std::uint32_t wires = 0;          ///< faults that the transceiver reported
  };
  void roll(std::int64_t now_us);

  window running_;
  window before_;
  std::int64_t began_us_ = 0;                                ///< of the window that runs
  controller_state stated_ = controller_state::error_active; ///< by either
  // As the controller said last:
  bool is_off_ = false;
  bool receiving_suffers_ = false; ///< many errors of others' frames
  bool sending_suffers_ = false;   ///< many errors of our own
  bool ever_heard_ = false;        ///< since the controller was well the last time
};

} // namespace voltaic::bus::can
