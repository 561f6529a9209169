#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "messages/time.hpp"

namespace voltaic::actors::runtime {

/// Sets for a time of one value that run at once; more are refused.
inline constexpr std::size_t timed_sets_max = 16;
/// A set for a longer time is refused: what stays that long is set without one.
inline constexpr std::int64_t timed_length_max_us = 7 * 24 * 3'600 * messages::us_per_s;

/// A set that ends by itself.
struct timed_set {
  double value = 0;
  std::int64_t length_us = 0;
  std::int64_t until_us = 0;     ///< monotonic, of this life of the node
  std::int64_t until_utc_us = 0; ///< the same instant, for the journal
  friend bool operator==(const timed_set&, const timed_set&) = default;
};

/// What must outlive the node.
struct standing_state {
  std::optional<double> base;   ///< the last set without a time, else the profile's default
  std::vector<timed_set> timed; ///< each ends before those in front of it
  friend bool operator==(const standing_state&, const standing_state&) = default;
};

/// Whether `a` asks for less than `b`: a limit or setpoint nearer to zero.
[[nodiscard]] bool is_tighter(double a, double b);

/// What one settable value has to be, by all that was asked for and still
/// stands: the newest set leads, and when its time is over, the tightest of
/// what stands beside it follows. Pure.
class standing_value_model {
 public:
  explicit standing_value_model(std::optional<double> fallback) : given_(fallback) {
    state_.base = fallback;
  }

  /// Nothing: nobody ever said.
  [[nodiscard]] std::optional<double> in_force() const;
  /// Whether a set for a time would have something to go back to.
  [[nodiscard]] bool can_go_back() const { return state_.base.has_value(); }
  [[nodiscard]] bool has_room() const { return state_.timed.size() < timed_sets_max; }

  /// A set that was carried out. Of length 0 it stays and ends all others.
  void take(double value, std::int64_t length_us, messages::instant now);
  /// A set of which nobody knows whether the device took it. One for a time
  /// counts, so that it ends; one that stays counts where it is tighter.
  void take_unsure(double value, std::int64_t length_us, messages::instant now);

  /// The value that the device has to be given because a set is over. Asked
  /// again and again until `went_back`.
  [[nodiscard]] std::optional<double> due(messages::instant now);
  /// What is due is so because of a restart.
  [[nodiscard]] bool is_restarted() const { return must_give_; }
  void went_back(double value) {
    given_ = value;
    must_give_ = false;
  }

  [[nodiscard]] const standing_state& state() const { return state_; }
  /// What a former life left behind. Its time goes on, by UTC and never longer
  /// than it was; the newest set leads no more, so that what is looser is over.
  void restore(standing_state kept);

 private:
  void begin_time(messages::instant now);
  void add(double value, std::int64_t length_us, messages::instant now);

  standing_state state_;
  bool leads_ = false;       ///< the newest set for a time
  bool is_restored_ = false; ///< its times are not of this life yet
  bool must_give_ = false;   ///< what the device was given last is not known
  std::optional<double> given_;
};

} // namespace voltaic::actors::runtime
