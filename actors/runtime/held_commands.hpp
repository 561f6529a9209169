#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "actors/runtime/present.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::runtime {

/// Commands that wait until a chain, whose time is its port's, has lived through
/// what was before they came. So none acts on less than could be known when it
/// was given. Pure.
class held_commands {
 public:
  /// More that wait at once are refused.
  static constexpr std::size_t waiting_max = 64;

  /// It came at this instant of the node's clock. False: no room. One that came
  /// further ahead than `catch_up_max_us` came on another clock, as it is with a
  /// recording, and goes with the next instant, whatever that is called.
  [[nodiscard]] bool hold(const messages::command& command, messages::instant came);
  /// Those whose time has come, in the order of their coming.
  [[nodiscard]] std::vector<messages::command> take(messages::instant now);
  /// Those of this kind, whether their time has come or not.
  [[nodiscard]] std::vector<messages::command> take_kind(
      const std::function<bool(const messages::command&)>& is_kind);

 private:
  struct held {
    messages::command command;
    std::int64_t came_us = 0;
  };
  std::vector<held> waiting_;
};

} // namespace voltaic::actors::runtime
