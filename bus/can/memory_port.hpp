#pragma once

#include <span>
#include <utility>
#include <vector>

#include "bus/can/port.hpp"

namespace voltaic::bus::can {

/// A port without a bus, for tests and virtual time: its owner plays the bus
/// and the clock. Not for several threads.
class memory_port final : public port {
 public:
  explicit memory_port(batch_handler handler) : handler_(std::move(handler)) {
    statistics_.state = controller_state::error_active;
  }

  /// Frames (stamped, in order) arrived and it is `now_us`; calls the handler.
  void inject(std::span<const messages::can::frame> frames, std::int64_t now_us,
              std::int64_t utc_offset_us = 0) {
    statistics_.rx += frames.size();
    handler_(batch{{frames.begin(), frames.end()}, now_us, utc_offset_us});
  }
  /// Time passes without a frame.
  void tick(std::int64_t now_us, std::int64_t utc_offset_us = 0) {
    inject({}, now_us, utc_offset_us);
  }
  /// What was sent since the last call.
  [[nodiscard]] std::vector<messages::can::frame> take_sent() { return std::exchange(sent_, {}); }
  void set_state(controller_state state) { statistics_.state = state; }

  [[nodiscard]] send_result send(const messages::can::frame& frame) override {
    if (statistics_.state == controller_state::down ||
        statistics_.state == controller_state::bus_off) {
      ++statistics_.tx_dropped;
      return send_result::down;
    }
    ++statistics_.tx;
    sent_.push_back(frame);
    return send_result::sent;
  }
  [[nodiscard]] statistics read_statistics() const override { return statistics_; }

 private:
  batch_handler handler_;
  std::vector<messages::can::frame> sent_;
  statistics statistics_;
};

} // namespace voltaic::bus::can
