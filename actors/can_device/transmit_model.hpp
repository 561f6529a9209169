#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/profiles/device_profile.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::can_device {

/// A device takes over a value within this, or does not hold it.
inline constexpr std::int64_t settle_us = 2 * messages::us_per_s;

/// When the frames of a device's set commands go out: again in each period, by its phase, and never
/// closer than the gap. Pure; times are monotonic, a set is named by its position in the plan.
class transmit_model {
 public:
  explicit transmit_model(std::span<const messages::profiles::command> commands);

  /// The gap after its last frame is over.
  [[nodiscard]] bool may_send(std::uint16_t set, std::int64_t now_us) const;
  /// A frame of it went out.
  void sent(std::uint16_t set, std::int64_t now_us);

  /// Whether this value was meant for it for so long that the device should hold it. The first one
  /// counts as meant ever since.
  [[nodiscard]] bool is_settled(std::uint16_t set, double meant, std::int64_t now_us);

  /// Some command has a period.
  [[nodiscard]] bool repeats_any() const { return repeats_any_; }
  /// A period of it began that `repeated` was not said of. The one that runs at the first look
  /// counts as over; of several that nobody looked at one is left.
  [[nodiscard]] bool is_due(std::uint16_t set, std::int64_t now_us);
  /// It was sent for this period, or there is nothing to be sent.
  void repeated(std::uint16_t set, std::int64_t now_us);

 private:
  struct timing {
    std::int64_t period_us = 0; ///< 0: never again
    std::int64_t phase_us = 0;
    std::int64_t gap_us = 0;
    std::optional<std::int64_t> sent_us;
    std::optional<std::int64_t> period; ///< the newest that is done with
    std::optional<double> meant;
    std::optional<std::int64_t> meant_us; ///< since when; nothing: ever since
    [[nodiscard]] std::int64_t period_at(std::int64_t now_us) const;
  };
  std::vector<timing> all_;
  bool repeats_any_ = false;
};

} // namespace voltaic::actors::can_device
