#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actors/protection/protection_model.hpp"
#include "messages/codec/payloads.hpp"

namespace voltaic::actors::protection {

/// The alarm of two evaluators that disagree, or of which one is silent.
inline constexpr const char* evaluator_difference = "evaluator_difference";
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
/// Currents, voltages and powers of limits are the same within this share of the larger, or
/// within this much (A, V, W).
inline constexpr double same_limit_share = 0.01;
inline constexpr double same_limit = 0.1;

/// Of both the smaller of currents and powers, of voltages the narrower, each with what holds it
/// down.
[[nodiscard]] current_limits strictest(const current_limits& one, const current_limits& other);
/// Limits as another evaluator says them.
[[nodiscard]] current_limits limits_in(const messages::limits& said);

/// What the first evaluator of a rack makes of the second one's words: it takes the stricter of
/// both limits, asks for what one of both asks for, and tells when they disagree. The permits are
/// joined by the contactor, who hears both. Pure; times are the chain's.
class second_opinion_model {
 public:
  void hear(const messages::permit& word, std::int64_t now_us);
  void hear(const messages::limits& said) { limits_ = limits_in(said); }
  void hear(const protection::requests& wanted) { requests_ = wanted; }

  /// What holds of both. Valid until the next step.
  struct joined {
    current_limits limits;
    protection::requests requests;
    bool limits_changed = false; ///< since the step before
  };
  const joined& step(const outputs& own, std::int64_t now_us);

  /// They disagree for longer than they may.
  [[nodiscard]] bool differs() const { return alarm_; }
  /// `differs` changed with the last step.
  [[nodiscard]] bool turned() const { return turned_; }
  /// What each of them says, while they differ.
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  [[nodiscard]] std::string difference(const outputs& own, bool is_silent) const;
  void judge(bool is_same, std::int64_t now_us);

  std::optional<messages::permit> word_;
  std::optional<std::int64_t> heard_us_; ///< or when it was first awaited
  std::optional<current_limits> limits_;
  protection::requests requests_;
  joined joined_;
  current_limits held_; ///< as they were when both last differed
  std::optional<std::int64_t> differed_us_;
  std::optional<std::int64_t> turning_us_; ///< since when it is otherwise than `alarm_` says
  bool alarm_ = false;
  bool turned_ = false;
  std::string words_;
};

} // namespace voltaic::actors::protection
