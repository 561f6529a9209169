#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

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

  /// `on_recording`: the node's clock says nothing of the chain's time, and every
  /// command goes with the next instant, whatever that is called.
  explicit held_commands(bool on_recording) : on_recording_(on_recording) {}

  /// It came at this instant of the node's clock. False: no room.
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
  bool on_recording_;
  std::vector<held> waiting_;
};

} // namespace voltaic::actors::runtime
