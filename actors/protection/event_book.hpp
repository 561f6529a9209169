#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "actors/runtime/actor.hpp"

namespace voltaic::actors::protection {

/// Events that can still be acknowledged.
inline constexpr std::size_t recent_events_max = 256;

/// Records events of a rack, and knows the newest of them again.
class event_book {
 public:
  explicit event_book(runtime::context& owner) : owner_(owner) {}

  /// Records an event that can be acknowledged; its sequence.
  std::uint64_t remember(messages::event event, runtime::instant now);
  /// Records that somebody has seen the event that the command names. False: it is none of the
  /// newest.
  [[nodiscard]] bool acknowledge(const messages::command& command, runtime::instant now);

 private:
  runtime::context& owner_;
  std::deque<std::pair<std::uint64_t, messages::event>> recent_; ///< with their sequences
};

} // namespace voltaic::actors::protection
