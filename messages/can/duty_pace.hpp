#pragma once

#include <algorithm>
#include <cstdint>

#include "messages/can/frame_bits.hpp"

namespace voltaic::messages::can {

/// Keeps one sender's frames to a share of a bus, so that a long transfer leaves the wire to what
/// others have to say in time, whatever the identifiers. Pure: time comes in as microseconds.
class duty_pace {
 public:
  /// `share` above 0, up to 1.
  duty_pace(std::uint32_t bitrate, double share)
      : us_per_bit_(1e6 / (static_cast<double>(bitrate) * share)) {}

  [[nodiscard]] bool may_send(std::int64_t now_us) const { return now_us >= next_us_; }
  [[nodiscard]] std::int64_t next_us() const { return next_us_; }
  /// What was not used is not saved up, but for what one late look missed: a sender that looks
  /// each millisecond keeps its share all the same.
  void sent(const frame& item, std::int64_t now_us) {
    const auto cost_us =
        static_cast<std::int64_t>(static_cast<double>(exact_bits(item)) * us_per_bit_);
    next_us_ = std::max(next_us_, now_us - late_look_us_max) + cost_us;
  }

 private:
  static constexpr std::int64_t late_look_us_max = 20'000;
  double us_per_bit_;
  std::int64_t next_us_ = 0;
};

} // namespace voltaic::messages::can
