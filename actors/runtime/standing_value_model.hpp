#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "messages/tighter.hpp"
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
  /// A former life began it, and nobody knows whether the device was ever given it.
  bool is_doubtful = false;
  friend bool operator==(const timed_set&, const timed_set&) = default;
};

/// What must outlive the node.
struct standing_state {
  std::optional<double> base;   ///< the last set without a time, else the profile's default
  std::vector<timed_set> timed; ///< each ends before those in front of it
  bool is_base_set = false;     ///< the base was set, and is not the profile's default
  bool leads = false;           ///< the newest set for a time
  bool is_given = false;        ///< the device was given what is in force, and nothing unsure since
  /// While something unsure was: what the device surely held before, by a set.
  std::optional<double> confirmed = {};
  /// And the range in which what it may hold lies, by that and by all unsure sets since.
  double lowest = 0;
  double highest = 0;
  /// The base is one that a former life began, as a doubtful set for a time; and what it was
  /// before.
  bool is_base_doubtful = false;
  std::optional<double> base_before = {};
  bool is_base_before_set = false;
  /// What was in force before a restart, until the device was given what is due since.
  std::optional<double> former = {};
  friend bool operator==(const standing_state&, const standing_state&) = default;
};

/// What a device has to hold.
struct held_value {
  double value = 0; ///< it is given this where it holds anything looser than the range
  double lowest = 0;
  double highest = 0; ///< both are the value where it is known what the device was given last
  friend bool operator==(const held_value&, const held_value&) = default;
};

/// What one settable value has to be, by all that was asked for and still
/// stands: the newest set leads, and when its time is over, the tightest of
/// what stands beside it follows. Pure.
class standing_value_model {
 public:
  /// `side`: where tighter values lie.
  explicit standing_value_model(std::optional<double> fallback,
                                messages::tighter side = messages::tighter::toward_zero)
      : side_(side), given_(fallback) {
    state_.base = fallback;
  }

  /// Until the next set there is nothing to give the device, to hold, or to believe of what it
  /// reports: none was made, or what was is over.
  [[nodiscard]] bool asks_nothing() const;
  /// Nothing: nobody ever said.
  [[nodiscard]] std::optional<double> in_force() const;
  /// What is in force without the doubtful.
  [[nodiscard]] std::optional<double> to_give() const;
  /// Whether a set for a time would have something to go back to.
  [[nodiscard]] bool can_go_back() const { return state_.base.has_value(); }
  [[nodiscard]] bool has_room() const { return state_.timed.size() < timed_sets_max; }

  /// A set that was carried out. Of length 0 it stays and ends all others.
  void take(double value, std::int64_t length_us, messages::instant now);
  /// A set of which nobody knows whether the device took it. It counts where it
  /// is tighter and ends no other; what was confirmed before has to be held on.
  void take_unsure(double value, std::int64_t length_us, messages::instant now);

  /// The value that the device has to be given because a set is over. Asked
  /// again and again until `went_back`.
  [[nodiscard]] std::optional<double> due(messages::instant now);
  /// Why a value is due.
  enum class cause : std::uint8_t {
    over,    ///< the time of a set is over
    restart, ///< a restart ended a set that raised it
    resumed  ///< it is what was in force before a restart, and goes on
  };
  [[nodiscard]] cause cause_of(double value) const;
  void went_back(double value);

  /// What the device has to hold because somebody set it and it was given it;
  /// after an unsure set still that, and anything in between is right. Nothing
  /// where nobody did.
  [[nodiscard]] std::optional<held_value> held() const;
  /// Until when that is so; nothing: it stays. Monotonic.
  [[nodiscard]] std::optional<std::int64_t> held_until_us() const;

  /// The device reports this, measured at `time_us` (monotonic). True: by that an
  /// unsure set that is in force is known to have acted.
  bool report(double value, std::int64_t time_us, double tolerance);

  [[nodiscard]] const standing_state& state() const { return state_; }
  /// What a former life left behind. Its time goes on, by UTC and never longer
  /// than it was; the newest set leads no more, so that what is looser is over.
  void restore(standing_state kept);
  /// What a former life began and did not finish: it counts as unsure, but is not given to the
  /// device, which would act after its deadline. Once something else was given, it is over.
  void restore_unfinished(double value, std::int64_t length_us, std::int64_t until_utc_us);

 private:
  void begin_time(messages::instant now);
  void add(double value, std::int64_t length_us, messages::instant now);
  /// From now on the device may hold this as well.
  void doubt(double value);
  /// What stays counts where it is tighter.
  void take_base_if_tighter(double value);
  void is_sure();
  /// The device was given something else.
  void drop_doubtful();
  /// The device reports it: it was given it after all.
  void believe(double value);
  [[nodiscard]] bool was_set(double value) const;
  /// The set for a time that ends last of those of this value.
  [[nodiscard]] const timed_set* longest(double value) const;

  messages::tighter side_;
  standing_state state_;
  bool is_restored_ = false; ///< its times are not of this life yet
  bool must_give_ = false;   ///< what the device was given last is not known
  bool is_over_ = false;     ///< a set for a time is, since the device was given something
  std::int64_t unsure_since_us_ = 0;
  std::optional<double> given_;
};

} // namespace voltaic::actors::runtime
