#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::runtime {

/// Commands that wait for the next instant of a chain, whose time is its port's.
/// What comes out never acts before it was said. Pure.
class held_commands {
 public:
  /// More that wait at once are refused.
  static constexpr std::size_t waiting_max = 64;
  /// A command from further ahead was said on another clock, as it is with a
  /// recording: it goes with the next instant, whatever that is called.
  static constexpr std::int64_t same_clock_us = messages::us_per_s;

  /// False: no room.
  [[nodiscard]] bool hold(const messages::command& command, messages::instant said);
  /// Those whose time has come, in the order of their coming.
  [[nodiscard]] std::vector<messages::command> take(messages::instant now);

 private:
  struct held {
    messages::command command;
    std::int64_t said_us = 0;
  };
  std::vector<held> waiting_;
};

} // namespace voltaic::actors::runtime
