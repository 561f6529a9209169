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
/// lost so costs no current, and nothing that is old keeps a limit alive for longer than the
/// ladder of silence lets it (ladder_model). Pure.
class held_extremes_model {
 public:
  /// `now`: of the elements that are valid. What limits follow from instead.
  extremes step(const extremes& now, heard how);

 private:
  extremes last_; ///< when the input was heard as a whole last
};

} // namespace voltaic::actors::protection
