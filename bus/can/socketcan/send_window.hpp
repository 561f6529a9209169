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
/// it is. Pure; time is handed in.
class send_window {
 public:
  /// More than the orders of a full bus in one period.
  static constexpr std::size_t waiting_max = 256;
  /// What waited longer is not sent any more; an order is renewed every 50 ms.
  static constexpr std::int64_t waiting_us_max = 100'000;

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
  std::uint64_t dropped_ = 0;
};

} // namespace voltaic::bus::can
