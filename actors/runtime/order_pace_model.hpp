#pragma once

#include <cstdint>
#include <optional>

#include "messages/codec/payloads.hpp"

namespace voltaic::actors::runtime {

/// A lease that was ordered this long before the present is not renewed: what it
/// was granted on is over.
inline constexpr std::int64_t order_age_max_us = 250'000;

/// An order and when it was given, on the monotonic clock.
struct timed_order {
  messages::order order;
  std::int64_t time_us = 0;
};

/// Whether two orders ask for different things.
[[nodiscard]] inline bool differs(const messages::order& a, const messages::order& b) {
  return a.contactor != b.contactor || a.lease != b.lease || a.epoch != b.epoch;
}

/// Whether it closes, or grants time to stay closed.
[[nodiscard]] inline bool keeps_closed(const messages::order& order) {
  return order.lease || order.contactor != messages::contactor_order::open;
}

/// Which of a contactor's orders go to its device, and when: a changed one at once, an unchanged
/// one again before the device's lease ends, and none that keeps closed on what is over. Pure.
class order_pace {
 public:
  /// An unchanged order is due again after `renewal_us`. `counts_frames`: the device's counter is
  /// shorter than the contactor's own number, as the four bits of J1939's HVESSC1.
  order_pace(std::int64_t renewal_us, bool counts_frames)
      : renewal_us_(renewal_us), counts_frames_(counts_frames) {}

  [[nodiscard]] bool is_due(const timed_order& given, std::int64_t present_us) const {
    const auto& order = given.order;
    if (keeps_closed(order) && present_us - given.time_us > order_age_max_us) return false;
    return !last_ || is_lost_ || differs(last_->order, order) ||
           given.time_us - last_->time_us >= renewal_us_;
  }

  /// As it goes out. A counter of frames goes on by one with each that carries a new order; one
  /// that the contactor says twice moves nothing, so that a device sees it stand still. The first
  /// one begins anywhere.
  [[nodiscard]] messages::order counted(messages::order next) const {
    if (counts_frames_ && last_) {
      const bool is_new = last_->order.epoch != next.epoch || last_->order.counter != next.counter;
      next.counter = count_ + (is_new ? 1 : 0);
    }
    return next;
  }

  void sent(const timed_order& given) {
    count_ = counted(given.order).counter;
    last_ = given;
    is_lost_ = false;
  }
  /// What went out last may not have been taken: whatever follows is due.
  void lost() { is_lost_ = true; }
  /// Whether it asks for something else than the last one.
  [[nodiscard]] bool is_change(const messages::order& next) const {
    return !last_ || differs(last_->order, next);
  }

 private:
  std::int64_t renewal_us_;
  bool counts_frames_;
  std::uint64_t count_ = 0;
  bool is_lost_ = false;
  std::optional<timed_order> last_;
};

} // namespace voltaic::actors::runtime
