#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::actors::protection {

/// The candidates of the CAN controller by which a rack's device is heard.
inline constexpr std::string_view bus_off = "bus_off";
inline constexpr std::string_view bus_errors = "bus_errors";

/// `bus_off` warns, and is an alarm that stays until a person resets it where restarts came to
/// their end (F-060); `bus_errors` warns from the controller's own warning on (F-061).
[[nodiscard]] std::vector<messages::protection::candidate> link_candidates();

/// What a node says of the controller.
struct link_word {
  bool is_off = false;
  std::uint64_t offs = 0;   ///< since its port was opened
  std::uint16_t errors = 0; ///< the higher one of its two counters
};
/// Of a bus in what a node says of itself; nothing: it says nothing of that one.
[[nodiscard]] std::optional<link_word> link_word_in(const messages::health& said,
                                                    std::string_view bus);

/// How often a bus's controller left it, and whether anybody brings it back. Pure.
class link_fault_model {
 public:
  /// Restarts within `window_us` after which whoever restarts controllers gives up
  /// (`bus/can/socketcan/restart_policy.hpp`): one more bus-off stays.
  static constexpr std::uint32_t restarts_max = 5;
  static constexpr std::int64_t window_us = 60 * messages::us_per_s;
  /// A bus that is off for so long nobody restarts: four times the longest backoff.
  static constexpr std::int64_t off_us_max = 20 * messages::us_per_s;

  void hear(const link_word& said, std::int64_t now_us);
  /// Something was heard.
  [[nodiscard]] bool is_known() const { return known_; }
  /// Times that it was off within the window, at least one while it is; `restarts_max` and one more
  /// while nobody restarts it.
  [[nodiscard]] std::int32_t offs(std::int64_t now_us) const;
  [[nodiscard]] std::int32_t errors() const { return errors_; }

 private:
  bool known_ = false;
  bool is_off_ = false;
  std::uint64_t counted_ = 0;
  std::int32_t errors_ = 0;
  std::int64_t off_since_us_ = 0;
  /// When it was off last, in turn.
  std::array<std::optional<std::int64_t>, restarts_max + 1> times_us_{};
  std::size_t next_ = 0;
};

} // namespace voltaic::actors::protection
