#pragma once

#include "messages/codec/payloads.hpp"

namespace voltaic::messages {

/// The alarm of two evaluators of a rack that disagree, or of which one is silent.
inline constexpr const char* evaluator_difference = "evaluator_difference";

/// An event of protection around which everything that was said is kept: a fault begins, or two
/// evaluators begin to differ, of which one may have found a fault that the other never tells.
[[nodiscard]] inline bool is_captured_alarm(const event& told) {
  return told.kind == "protection" && told.edge == "set" &&
         (told.level == "fault" || told.level == "hard" || told.candidate == evaluator_difference);
}

} // namespace voltaic::messages
