#pragma once

#include <cstdint>
#include <optional>

#include "messages/codec/payloads.hpp"

namespace voltaic::actors::can_device {

/// A counter of order frames that is shorter than the contactor's own number, as the four bits of
/// J1939's HVESSC1: it goes on by one with each frame that carries a new order. One that the
/// contactor says twice moves nothing, so that a device sees it stand still. Pure.
class order_count {
 public:
  /// What the frame of this order carries. The first one begins anywhere.
  [[nodiscard]] std::uint64_t of(const messages::order& next) const {
    if (!last_) return next.counter;
    const bool is_new = last_->epoch != next.epoch || last_->counter != next.counter;
    return count_ + (is_new ? 1 : 0);
  }
  /// Its frame went out.
  void sent(const messages::order& it) {
    count_ = of(it);
    last_ = {it.epoch, it.counter};
  }

 private:
  struct said {
    std::uint32_t epoch = 0;
    std::uint64_t counter = 0;
  };
  std::uint64_t count_ = 0;
  std::optional<said> last_;
};

} // namespace voltaic::actors::can_device
