#pragma once

#include <cstdint>
#include <optional>

#include "messages/current_agreement.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

/// Who says nothing of the current for so long claims nothing: three times its period.
inline constexpr std::int64_t witness_silence_us = 1'500 * messages::us_per_ms;

/// What somebody who measures the rack's DC bus makes of its current sensor. Pure.
///
/// A doubt is over only when current flows by which both agree: a sensor that is reversed shows a
/// current of zero as well as a sound one does, and who fell silent knows nothing.
class witness_model {
 public:
  void hear(messages::current_agreement said, std::int64_t now_us) {
    said_ = said;
    heard_us_ = now_us;
  }
  /// Nothing: the sensor was doubted, and nobody says now whether that is over.
  [[nodiscard]] std::optional<bool> contradicts(std::int64_t now_us) {
    using messages::current_agreement;
    const bool is_fresh = heard_us_ && now_us - *heard_us_ <= witness_silence_us;
    if (is_fresh && said_ == current_agreement::contradicts) doubted_ = true;
    if (is_fresh && said_ == current_agreement::agrees) doubted_ = false;
    if (!doubted_) return false;
    if (is_fresh && said_ == current_agreement::contradicts) return true;
    return std::nullopt;
  }

 private:
  messages::current_agreement said_ = messages::current_agreement::unclaimed;
  std::optional<std::int64_t> heard_us_;
  bool doubted_ = false;
};

} // namespace voltaic::actors::protection
