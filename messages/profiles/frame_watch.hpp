#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::messages::profiles {

/// What is wrong with a frame of the device.
enum class frame_fault : std::uint8_t { none, length, checksum, counter, early, late, frozen };
inline constexpr std::size_t frame_faults = 7;
/// As an installer looks for it: "CRC Error".
[[nodiscard]] std::string_view to_words(frame_fault fault);
/// As programs look for it: "checksum".
[[nodiscard]] std::string_view to_key(frame_fault fault);

/// Something of the device's frames that people are told.
struct notice {
  std::string code;  ///< of `messages::event_codes`
  std::string state; ///< "warning"
  std::string level; ///< "warning", "alarm", or empty: it is over
  std::string reason;
  friend bool operator==(const notice&, const notice&) = default;
};

/// Time is judged on this grid, and a longer hole in it is jumped over: as its device does.
inline constexpr std::int64_t watch_grid_us = 10'000;
inline constexpr std::int64_t watch_gap_max_us = 1'000'000;

/// Frames that fail weigh this much, good ones take 1 off again; so 3 in a row warn, 10 alarm.
inline constexpr int failure_weight = 2;
inline constexpr int warning_weight = 3 * failure_weight;
inline constexpr int alarm_weight = 10 * failure_weight;
inline constexpr int weight_max = 15 * failure_weight;
/// What was told is over after this long without another.
inline constexpr std::int64_t fault_over_us = 5'000'000;
/// So many distances between frames are averaged before they are too short.
inline constexpr std::size_t rate_distances = 4;
/// Frames are counted for so long at the least before anybody says that there are twice as many as
/// there should be, and until the most frequent message was due so often; messages that are due
/// less often in that time are not judged.
inline constexpr std::int64_t doubled_window_us = 2'000'000;
inline constexpr int doubled_frames_min = 4;
inline constexpr double doubled_factor = 1.75;
/// Of a message that states no bound: what comes so many times as often is a babbler, and no burst
/// of what was held up on its way, where it is so many frames at the least.
inline constexpr double unbounded_babbling_factor = 10;
inline constexpr std::uint32_t unbounded_babbling_frames = 40;
/// Of a lone message: what comes more often than this is a babbler, not a second device.
inline constexpr double babbling_factor = 3.5;
/// So many windows in a row.
inline constexpr int doubled_windows = 2;
/// Who is too fast is asked this often.
inline constexpr std::int64_t rates_period_us = 50'000;
/// A device that was seen twice is trusted again after this long without a sign of it.
inline constexpr std::int64_t doubled_hold_us = 10'000'000;

/// Judges the frames of one device one after another: whether its counters count, whether they
/// come too often or too late, whether their content is alive; and whether it is two devices.
/// Pure: a function of the frames and their times.
class frame_watch {
 public:
  using plan = decode_plan;
  /// The profile must outlive it.
  frame_watch(const device_profile& profile, const plan& decoder);

  /// A frame of the device. False: nothing of it is to be believed.
  [[nodiscard]] bool take(const plan::applied& what, std::int64_t time_us);
  /// At each grid instant: what is over, and what only the time shows.
  void step(std::int64_t now_us);
  /// What is to be told since the last call.
  [[nodiscard]] std::vector<notice> take_notices();

  /// What was wrong with the frame that was taken last.
  [[nodiscard]] frame_fault fault() const { return fault_; }
  /// Two devices send what one should: nothing of either is believed.
  [[nodiscard]] bool is_doubled() const { return doubled_; }
  /// Frames since the start with this fault.
  [[nodiscard]] std::uint64_t count(frame_fault fault) const {
    return counts_[static_cast<std::size_t>(fault)];
  }

 private:
  // What follows on itself: one identifier's counter, and how it fared of late.
  struct sequence {
    std::optional<std::uint32_t> last;
    std::optional<std::uint32_t> before;
    std::int64_t last_us = 0;
    int interleaved = 0; ///< frames that follow on the last but one alone
    int bad_length = 0;
    int failing = 0;
  };
  // What comes again and again with a period: a carrier.
  struct rhythm {
    std::uint16_t message = 0;
    std::array<std::int64_t, rate_distances> times_us{}; ///< a ring
    std::size_t seen = 0;
    std::int64_t fast_us = 0; ///< was too fast then; 0: never
    std::uint32_t in_window = 0;
    std::optional<std::uint64_t> content;
    std::int64_t content_us = 0; ///< since when
  };
  // What was told of a message under one code.
  struct told_level {
    int level = 0; ///< 0 nothing, 1 warning, 2 alarm
    std::int64_t last_us = 0;
    std::uint64_t frames = 0; ///< that failed since it began
  };
  struct message_state {
    told_level length;
    told_level end_to_end;
    bool babbles = false;
    std::int64_t babbled_us = 0;
  };

  [[nodiscard]] frame_fault judge(const plan::applied& what, std::int64_t time_us);
  [[nodiscard]] bool counts_on(std::uint16_t identifier, std::uint32_t counter,
                               std::int64_t time_us);
  /// Notes the arrival. True: too fast.
  [[nodiscard]] bool is_fast(rhythm& one, std::int64_t time_us);
  [[nodiscard]] bool is_frozen(rhythm& one, std::uint64_t content, std::int64_t time_us);
  void weigh(const plan::applied& what, frame_fault fault, std::int64_t time_us);
  void raise(told_level& known, int weight, const char* code, const plan::identifier& of,
             frame_fault fault);
  void settle(told_level& known, const char* code, std::uint16_t message, std::int64_t now_us);
  void settle_all(std::int64_t now_us);
  void judge_rates(std::int64_t now_us);
  void judge_window(std::int64_t now_us);
  void tell_babbler(const rhythm& one, double seen_hz, std::int64_t now_us);
  void see_double(std::int64_t now_us, const std::string& why);
  [[nodiscard]] double rate_hz(const rhythm& one) const;

  const device_profile* profile_;
  std::vector<plan::identifier> identifiers_;
  std::vector<sequence> sequences_;
  std::vector<rhythm> rhythms_;
  std::vector<message_state> told_; ///< by message
  bool is_unsettled_ = false;       ///< something of told_ is not over
  std::vector<notice> notices_;
  std::array<std::uint64_t, frame_faults> counts_{};
  frame_fault fault_ = frame_fault::none;
  std::optional<std::int64_t> window_us_; ///< when it began
  std::int64_t window_min_us_ = doubled_window_us;
  bool has_bounds_ = false; ///< some message states how near its frames may be
  std::int64_t rates_us_ = 0;
  int windows_ = 0; ///< in a row with too many frames
  bool doubled_ = false;
  std::int64_t doubled_us_ = 0; ///< last sign of it
};

} // namespace voltaic::messages::profiles
