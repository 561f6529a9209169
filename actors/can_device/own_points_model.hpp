#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/can_device/frame_watch_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::actors::can_device {

/// Counts are said again at most this often.
inline constexpr std::int64_t counts_period_us = 1'000'000;

/// Frames that are no failure of the device, and say nothing all the same.
struct passed_over {
  std::uint64_t ignored = 0;          ///< remote and error frames of its identifiers (F-075)
  std::uint64_t unknown_selector = 0; ///< of a multiplexer's value that the profile does not have
};

/// Points that a device has beside those of its profile: how many of its frames failed, and why.
/// Only of a device whose profile states checks.
class own_points {
 public:
  explicit own_points(const messages::profiles::device_profile& profile);

  /// To be put behind the profile's own.
  void describe(const std::string& device, std::vector<messages::point_description>& into) const;
  /// Their blocks, if one changed since they were said and that is long enough ago.
  [[nodiscard]] std::vector<messages::block> step(const frame_watch& watch,
                                                  const passed_over& others, std::int64_t now_us);

 private:
  bool present_ = false;
  std::uint16_t first_ = 0; ///< position in the catalogue
  std::vector<std::uint64_t> said_;
  std::optional<std::int64_t> said_us_;
};

} // namespace voltaic::actors::can_device
