#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messages/profiles/frame_watch.hpp"

namespace voltaic::actors::can_device {

/// A device is awaited for so long, and for so many of its shortest periods (F-070).
inline constexpr std::int64_t first_sign_us_min = 5'000'000;
inline constexpr int first_sign_periods = 3;

/// Whether a device that talks by itself, or answers, was ever heard. Pure.
class first_sign {
 public:
  explicit first_sign(std::int64_t shortest_period_us);

  /// At each grid instant; `is_heard`: some frame of it has come. What is to be told now.
  [[nodiscard]] std::optional<messages::profiles::notice> step(std::int64_t now_us, bool is_heard);

 private:
  std::int64_t patience_us_;
  std::optional<std::int64_t> began_us_;
  bool is_told_ = false;
  bool is_over_ = false;
};

} // namespace voltaic::actors::can_device
