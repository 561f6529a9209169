#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace voltaic::actors::can_device {

/// Which parts of a point make up the scan that is being received, and when it
/// ends. A part is what one message brings of the point.
///
/// A scan waits only for the parts that were in the one before, so that a silent
/// message holds the others back once and no longer. It ends as it is when a
/// part comes for the second time and the sender's next round has begun: after
/// three quarters of the longest awaited period for a message of that period;
/// after five quarters, when the slowest should have come, for a faster one.
/// What repeats before that brings a newer value and cuts nothing.
///
/// A sender that says its round in one go and then pauses gives scans of one
/// round each, wherever the listening began. When a scan ends that reaches over a
/// pause, nobody knows yet whether the sender has only stalled: what came after
/// the pause counts for the next scan, too, until the sender pauses again.
class scan_model {
 public:
  /// The period of each part's message.
  explicit scan_model(std::span<const std::int64_t> periods_us);

  /// A part comes. True: the scan has ended before it, and is to be said without it.
  [[nodiscard]] bool ends_before(std::uint32_t part, std::int64_t time_us);
  /// It is taken. True: nothing more is awaited, the scan is complete.
  [[nodiscard]] bool take(std::uint32_t part, std::int64_t time_us);
  /// The last resort: it was begun so long ago that nobody will end it.
  [[nodiscard]] bool overdue(std::int64_t now_us) const { return now_us > overdue_after_us(); }
  /// Up to then it is not, as far as is known; `never_us`: nothing has begun.
  [[nodiscard]] std::int64_t overdue_after_us() const;
  static constexpr std::int64_t never_us = std::numeric_limits<std::int64_t>::max();
  /// The scan was said: the next begins.
  void begin_next();

 private:
  struct part_state {
    std::int64_t period_us = 0;
    bool awaited = true;
    bool in_scan = false;
    bool in_round = false; ///< came since the sender's last pause
    bool said = false;     ///< was in the scan before already, and did not come again
  };
  void begin_round();
  void count();

  std::vector<part_state> parts_;
  std::uint32_t missing_ = 0;
  std::int64_t period_us_ = 0;           ///< the longest of the awaited parts
  std::optional<std::int64_t> begun_us_; ///< nothing: no part came since the scan before
  std::optional<std::int64_t> last_us_;  ///< of any part
  bool after_a_pause_ = false;           ///< the scan before reached over one
};

} // namespace voltaic::actors::can_device
