#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::contactor {

/// The stricter of two words holds at least this long after they are the same again.
inline constexpr std::int64_t strictest_permit_us = 100 * messages::us_per_ms;
/// Who is behind the other by more is not awaited: what the other says acts, and what this one
/// said grows old.
inline constexpr std::int64_t pair_patience_us = 100 * messages::us_per_ms;
/// Instants of one evaluator that wait for the other; more are dropped, oldest first.
inline constexpr std::size_t pair_instants_max = 64;

/// Of two words the one that permits less in everything, as one by whom the first is. What the
/// stricter demands is told first.
[[nodiscard]] messages::permit strictest(const messages::permit& one,
                                         const messages::permit& other);

/// Why nothing is permitted while one of both has said nothing yet.
inline constexpr const char* evaluator_silent = "evaluator_silent";

/// Whose word it is.
enum class evaluator : std::uint8_t { first, second };

/// Makes one permit of those of two evaluators of a rack. Pure; times are the chain's. What both
/// said of an instant counts at that instant, whoever came first; what permits less counts at
/// once. The word is as old as the older of both.
class permit_pair_model {
 public:
  permit_pair_model();

  /// A permit of both.
  struct joined {
    messages::permit word;
    std::int64_t said_us = 0; ///< of the older of both words
    messages::instant at;     ///< from when on it counts
  };
  /// What follows from a word, in order. One of an older epoch, or with a counter that stands
  /// still, is not heard.
  [[nodiscard]] std::vector<joined> take(evaluator who, const messages::permit& word,
                                         messages::instant at);

 private:
  struct voice {
    messages::permit word;
    std::optional<std::int64_t> said_us;
  };
  [[nodiscard]] voice& of(evaluator who) { return voices_[static_cast<std::size_t>(who)]; }
  /// Until when both have spoken, or one of them, where it waited long enough for the other.
  [[nodiscard]] std::int64_t spoken_us() const;
  void pass(std::int64_t until_us, std::vector<joined>& to);
  [[nodiscard]] joined join(messages::instant at);

  std::array<voice, 2> voices_;
  std::deque<messages::instant> waiting_; ///< instants that only one spoke of, rising
  std::int64_t passed_us_ = 0;            ///< the last instant that was passed
  messages::permit said_;                 ///< with it
  std::optional<messages::permit> held_;  ///< the last that they differed about
  std::int64_t differed_us_ = 0;
  std::uint64_t counter_ = 0;
};

} // namespace voltaic::actors::contactor
