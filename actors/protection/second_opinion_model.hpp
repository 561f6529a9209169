#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/protection/protection_model.hpp"
#include "messages/captured_alarm.hpp"
#include "messages/codec/payloads.hpp"

namespace voltaic::actors::protection {

using messages::evaluator_difference;
/// Why nothing is closed while a second one that started anew differs from the first.
inline constexpr const char* evaluator_warming_up = "evaluator_warming_up";
/// Why nothing may flow while the second one says nothing.
inline constexpr const char* evaluator_silent = "evaluator_silent";

/// The stricter of two words holds at least this long after they are the same again.
inline constexpr std::int64_t strictest_held_us = 100 * messages::us_per_ms;
/// A difference that lasts longer is an alarm.
inline constexpr std::int64_t difference_us = messages::us_per_s;
/// It is over when they were the same for so long.
inline constexpr std::int64_t agreement_us = 10 * messages::us_per_s;
/// Who says nothing for this long has no word any more.
inline constexpr std::int64_t evaluator_silence_us = 500 * messages::us_per_ms;
/// Its limits, which it says each second: who permits and says none has none.
inline constexpr std::int64_t evaluator_limits_silence_us = 2'500 * messages::us_per_ms;
/// Currents, voltages and powers of limits are the same within this share of the larger, or
/// within this much (A, V, W).
inline constexpr double same_limit_share = 0.01;
inline constexpr double same_limit = 0.1;

/// How long a life of an evaluator differs from another that is older, by nothing but its age:
/// until limits rose from nothing to everything, a trend of temperatures is whole, and what became
/// unusable before it began is old; and until it was ready.
[[nodiscard]] std::int64_t warm_up_us(const messages::protection::derating& rules);
/// Until an evaluator that starts is ready; at the most, for `warm_up_us`.
inline constexpr std::int64_t getting_ready_us = 10 * messages::us_per_s;
/// However slowly limits rise, so long a difference may be one of age at the most.
inline constexpr std::int64_t warm_up_us_max = 1'800 * messages::us_per_s;

/// Of both the smaller of currents and powers, of voltages the narrower, each with what holds it
/// down.
[[nodiscard]] current_limits strictest(const current_limits& one, const current_limits& other);
/// What somebody permits, in few words: "grants no closing", "opens, locks".
[[nodiscard]] std::string permit_words(const messages::permit& word);
/// Limits as another evaluator says them.
[[nodiscard]] current_limits limits_in(const messages::limits& said);

/// What the first evaluator of a rack makes of the second one's words: it takes the stricter of
/// both limits, asks for what one of both asks for, and tells when they disagree. The permits are
/// joined by the contactor, who hears both. Pure; times are the chain's.
///
/// A second evaluator that started anew, while the first lived on, warms up: each life has a higher
/// epoch, and by that it tells so. For `warm_up_us` what age explains is no alarm, but holds as
/// ever, and nothing is closed on it: other limits and requests, and a permit that it does not give
/// yet. Its silence, and an opening, a lock or a bar of closing that only one of both asks for, are
/// an alarm as ever. Further starts begin no warm-up anew before both agreed for `agreement_us`.
class second_opinion_model {
 public:
  explicit second_opinion_model(std::int64_t warm_up_us) : warm_up_us_(warm_up_us) {}

  void hear(const messages::permit& word, std::int64_t now_us);
  void hear(const messages::limits& said, std::int64_t now_us) {
    limits_ = limits_in(said);
    limits_heard_us_ = now_us;
  }
  void hear(const protection::requests& wanted) { requests_ = wanted; }

  /// What holds of both. Valid until the next step.
  struct joined {
    current_limits limits;
    protection::requests requests;
    bool limits_changed = false; ///< since the step before
  };
  const joined& step(const outputs& own, std::int64_t now_us);

  /// They disagree for longer than they may, and the age of the second one does not explain it.
  [[nodiscard]] bool differs() const { return alarm_; }
  /// `differs` changed with the last step.
  [[nodiscard]] bool turned() const { return turned_; }
  /// They disagree for longer than they may, because the second one is new, as far as is known.
  [[nodiscard]] bool is_warming_up() const { return differs_ && !alarm_; }
  /// What each of them says, while they differ.
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  /// What of the second one is not heard any more, in words; empty: nothing.
  [[nodiscard]] std::string_view missing(std::int64_t now_us) const;
  [[nodiscard]] std::string difference(const outputs& own, std::string_view missing) const;
  void judge(bool is_same, bool is_explained, std::int64_t now_us);
  void watch_agreement(bool is_same, std::int64_t now_us);
  [[nodiscard]] bool is_new(std::int64_t now_us) const;
  /// Of two that differ: the second one may, if it is new.
  [[nodiscard]] bool age_explains(const verdict& own) const;

  std::int64_t warm_up_us_;
  /// When the second one started anew, if it did: the first time since both agreed last.
  std::optional<std::int64_t> renewed_us_;
  std::optional<std::int64_t> agreeing_us_; ///< since when, in the second one's newest life
  bool agreed_ = false;                     ///< for `agreement_us`, since `renewed_us_`
  std::optional<messages::permit> word_;
  std::optional<std::int64_t> heard_us_;        ///< or when it was first awaited
  std::optional<std::int64_t> limits_heard_us_; ///< the same
  std::optional<current_limits> limits_;
  protection::requests requests_;
  joined joined_;
  current_limits held_; ///< as they were when both last differed
  std::optional<std::int64_t> differed_us_;
  std::optional<std::int64_t> turning_us_;     ///< since when it is otherwise than `differs_` says
  std::optional<std::int64_t> unexplained_us_; ///< since when they differ by more than age
  bool differs_ = false;
  bool alarm_ = false;
  bool turned_ = false;
  std::string words_;
};

} // namespace voltaic::actors::protection
