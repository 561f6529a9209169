#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "actors/can_device/frame_watch_model.hpp"
#include "messages/j1939/diagnostics.hpp"

namespace voltaic::actors::can_device {

/// Whose trouble codes change more often than this within `trouble_window_us` babbles: only that is
/// told.
inline constexpr int troubles_max = 10;
inline constexpr std::int64_t trouble_window_us = 10'000'000;
/// And no longer does after so long within its bounds.
inline constexpr std::int64_t trouble_quiet_us = 2 * trouble_window_us;
/// So many active ones are spelled in the point, the others counted.
inline constexpr std::size_t troubles_spelled = 4;
/// DM1 comes each second while one is active (J1939-73 5.7.1); without it for so long none is.
inline constexpr std::int64_t trouble_silence_us = 5'000'000;

/// What a device says of its faults by DM1 and DM2, as events: each that became active once, and
/// one whose faults come and go without end is told to babble. Pure.
class trouble_watch {
 public:
  /// The name of a parameter by its number, or empty.
  using name_of_parameter = std::function<std::string(std::uint32_t)>;
  explicit trouble_watch(name_of_parameter name_of);

  void take_active(std::span<const std::uint8_t> payload, std::int64_t now_us);
  void take_previous(std::span<const std::uint8_t> payload);
  /// At each grid instant.
  void step(std::int64_t now_us);
  /// The device has begun anew: nothing is active.
  void reset();
  [[nodiscard]] std::vector<notice> take_notices();
  /// All that are active, in words, and those that were; empty: none.
  [[nodiscard]] std::string active() const { return spelled(active_); }
  [[nodiscard]] std::string previous() const { return spelled(previous_); }

 private:
  using trouble_codes = std::vector<messages::j1939::trouble_code>;
  void become(const trouble_codes& now, std::int64_t now_us);
  void tell(const char* state, const char* level, std::string reason, std::int64_t now_us);
  [[nodiscard]] std::string words(const messages::j1939::trouble_code& one) const;
  [[nodiscard]] std::string spelled(const trouble_codes& all) const;

  name_of_parameter name_of_;
  trouble_codes active_;
  trouble_codes previous_;
  std::int64_t said_us_ = 0;   ///< the last DM1
  std::int64_t window_us_ = 0; ///< its begin
  int in_window_ = 0;
  std::int64_t busy_us_ = 0; ///< when it last babbled
  bool babbles_ = false;
  std::uint64_t untold_ = 0;
  std::vector<notice> notices_;
};

} // namespace voltaic::actors::can_device
