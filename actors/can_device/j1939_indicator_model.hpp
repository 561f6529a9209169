#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "messages/profiles/device_profile.hpp"

namespace voltaic::actors::can_device {

/// So many parameters without a value are spelled, the others counted.
inline constexpr std::size_t indicators_spelled = 8;

/// Why parameters of a device have no value, as their raw values say it (J1939-71 5.1.4). Pure.
class indicator_watch {
 public:
  explicit indicator_watch(const messages::profiles::device_profile& profile);

  /// What a message of the profile carried, by its position there.
  void take(std::uint16_t message, std::span<const std::uint8_t> payload);
  /// "current (SPN 5920): error indicator; soh: not available".
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void spell();

  const messages::profiles::device_profile* profile_;
  /// Of each signal of each message its state, by `value_state`; empty: the message has none.
  std::vector<std::vector<std::uint8_t>> states_;
  std::string text_;
};

} // namespace voltaic::actors::can_device
