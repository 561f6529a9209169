#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actors/contactor/contactor_options.hpp"

namespace voltaic::actors::contactor {

/// Alarms that the contactor finds and protection tells people.
inline constexpr const char* emergency_stop_unreadable = "emergency_stop_unreadable";
inline constexpr const char* interlock_unreadable = "interlock_unreadable";
inline constexpr const char* fire_unreadable = "fire_unreadable";
/// The key that resets latches is turned all the time: it resets nothing.
inline constexpr const char* reset_key_stuck = "reset_key_stuck";
/// Current flows although feedback says that the contactors are open: one may be welded.
inline constexpr const char* current_while_open = "current_while_open";

/// An input that cannot be read acts at once; people are told after this, not at each start.
inline constexpr std::int64_t unreadable_us = messages::us_per_s;
/// Somebody who turns a key lets go of it sooner.
inline constexpr std::int64_t key_stuck_us = 30 * messages::us_per_s;
/// Current and feedback of an opening come at different times: only later it is suspicious.
inline constexpr std::int64_t open_current_us = 2 * messages::us_per_s;
/// A finding is over when its cause was gone for so long, without a break.
inline constexpr std::int64_t finding_clear_us = 5 * messages::us_per_s;
/// What sensors show at rest is smaller than this, or than this share of the rated current.
inline constexpr double open_current_min_a = 2;
inline constexpr double open_current_share = 0.02;

/// From which current on none may flow through open contactors.
[[nodiscard]] double open_current_limit_a(double rated_a);

/// Something that is so from the first instant on that it lasted long enough, until it was not
/// for long enough. While nobody knows, it stays as it is.
class settled_flag {
 public:
  settled_flag(std::int64_t set_us, std::int64_t clear_us) : set_us_(set_us), clear_us_(clear_us) {}
  /// True: it changed.
  bool step(std::optional<bool> is_so, std::int64_t now_us);
  [[nodiscard]] bool stands() const { return stands_; }

 private:
  std::int64_t set_us_;
  std::int64_t clear_us_;
  bool stands_ = false;
  std::optional<std::int64_t> since_us_; ///< that it is otherwise than it stands
};

/// An input that counts as active because it cannot be read.
struct unreadable_input {
  const char* candidate = ""; ///< the alarm that it is
  std::string point;
};

/// A finding that came or went.
struct finding {
  std::string candidate;
  bool stands = false;
  std::string reason;          ///< of one that came
  std::optional<double> value; ///< of a current, in A
  double threshold = 0;
  std::vector<std::string> actions;
};

/// What is wrong around contactors and moves none of them. Pure.
class finding_model {
 public:
  /// `open_current_a`: see `open_current_limit_a`.
  explicit finding_model(double open_current_a) : open_current_a_(open_current_a) {}

  /// Which inputs cannot be read now; the time is the node's, as theirs.
  void hear_inputs(std::span<const unreadable_input> unreadable, std::int64_t node_us);
  /// Whether the key that resets latches is turned; nothing: it is not known. The same time.
  void hear_key(const std::string& point, std::optional<bool> is_active, std::int64_t node_us);
  /// `is_open`: feedback says so; nothing: it is not known. The time is the chain's.
  void observe(std::optional<bool> is_open, std::optional<double> current_a, std::int64_t now_us);

  /// What came or went since this was last asked.
  [[nodiscard]] std::vector<finding> take_changes() { return std::exchange(changes_, {}); }
  /// Why the rack must not be closed for it; empty: it may.
  [[nodiscard]] std::string bar_to_closing() const;

 private:
  struct input_flag {
    const char* candidate;
    settled_flag flag;
  };
  double open_current_a_;
  std::array<input_flag, 3> inputs_{{
      {emergency_stop_unreadable, {unreadable_us, finding_clear_us}},
      {interlock_unreadable, {unreadable_us, finding_clear_us}},
      {fire_unreadable, {unreadable_us, finding_clear_us}},
  }};
  settled_flag stuck_key_{key_stuck_us, finding_clear_us};
  settled_flag open_current_{open_current_us, finding_clear_us};
  double current_a_ = 0; ///< when it was found
  std::vector<finding> changes_;
};

} // namespace voltaic::actors::contactor
