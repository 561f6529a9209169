#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "messages/can/frame.hpp"

namespace voltaic::bus::can {

/// What waits to be sent through the kernel. One frame at a time is given to it, and the next
/// when the kernel has told that this one was on the wire: what the kernel holds nobody can take
/// back, and a queue of it would be sent after a bus-off or a cut cable was mended, however old
/// it is. A frame that nobody acknowledges waits in the controller for ever, and no program is told
/// so: nothing follows it until it is known to be gone. Pure; time is handed in.
class send_window {
 public:
  /// More than the orders of a full bus in one period.
  static constexpr std::size_t waiting_max = 256;
  /// What waited longer is not sent any more; an order is renewed every 50 ms.
  static constexpr std::int64_t waiting_us_max = 100'000;
  /// A frame that is not confirmed for so long may be none of the kernel's any more.
  static constexpr std::int64_t confirm_us_max = 20'000;
  /// Where others are heard for so long, the frame was acknowledged, and what told us got lost.
  static constexpr std::int64_t lost_us = 1'000'000;

  /// Where `false` there is no room, and the frame is dropped and counted.
  [[nodiscard]] bool offer(const messages::can::frame& item, std::int64_t now_us);
  /// The frame that may be given to the kernel now, which `written` or `refused` answers.
  /// Drops and counts what waited for too long.
  [[nodiscard]] const messages::can::frame* next(std::int64_t now_us);
  /// The kernel took the frame that `next` gave.
  void written(std::int64_t now_us);
  /// The frame that `next` gave can never go out.
  void refused();
  /// The kernel showed a frame that was on the wire; true when it is the one that was given.
  [[nodiscard]] bool confirmed(const messages::can::frame& seen);
  /// The controller forgot what it had (bus-off, interface down), or we are not shown all that
  /// happened (receive overflow): what was given may never be confirmed.
  void doubt();
  /// The frame that was given will not be confirmed: in doubt for `confirm_us_max`, or unconfirmed
  /// for `lost_us` though frames of others came until now. `heard_us`: of the last of those.
  [[nodiscard]] bool is_overdue(std::int64_t now_us, std::int64_t heard_us) const;
  /// The kernel holds nothing of ours any more, though nothing was confirmed.
  void released();
  /// Nothing that waits may go out any more: bus-off, or no interface.
  void drop_waiting();

  /// Since when the kernel holds a frame.
  [[nodiscard]] std::optional<std::int64_t> given_us() const;
  [[nodiscard]] bool waiting() const { return !waiting_.empty(); }
  /// Frames that never went out, as far as known.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  struct entry {
    messages::can::frame item;
    std::int64_t since_us = 0;
  };

  std::deque<entry> waiting_;
  std::optional<entry> given_;
  bool in_doubt_ = false; ///< what was given
  std::uint64_t dropped_ = 0;
};

} // namespace voltaic::bus::can
