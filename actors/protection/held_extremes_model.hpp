#pragma once

#include <cstdint>

#include "actors/protection/limit_model.hpp"

namespace voltaic::actors::protection {

/// How well the elements of one input are heard.
enum class heard : std::uint8_t {
  whole, ///< each is said often enough, be it usable or not
  late,  ///< an element is missed, and its silence is only a warning so far
  lost   ///< an element is missed for so long that the alarm of its silence stops the current
};

/// What limits follow from while an input falls silent: until the alarm of its silence what was
/// known of it last counts beside what is still said, and lets nothing rise. One sample that is
/// lost so costs no current, and nothing that is old keeps a limit alive for longer than
/// `held_us_max` (ladder_model), however often the silence is interrupted. Pure.
class held_extremes_model {
 public:
  /// `now`: of the elements that are valid. `most_us`: nothing is held for longer since the input
  /// was heard as a whole last. What limits follow from instead.
  extremes step(const extremes& now, heard how, std::int64_t now_us, std::int64_t most_us);

 private:
  extremes last_; ///< when the input was heard as a whole last
  std::int64_t whole_us_ = 0;
};

} // namespace voltaic::actors::protection
