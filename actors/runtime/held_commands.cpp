#include "actors/runtime/held_commands.hpp"

#include <utility>

namespace voltaic::actors::runtime {

bool held_commands::hold(const messages::command& command, messages::instant came) {
  if (waiting_.size() >= waiting_max) {
    return false;
  }
  waiting_.push_back({command, came.monotonic_us});
  return true;
}

std::vector<messages::command> held_commands::take(messages::instant now) {
  std::vector<messages::command> due;
  std::erase_if(waiting_, [&](held& one) {
    if (!on_recording_ && one.came_us > now.monotonic_us) {
      return false;
    }
    due.push_back(std::move(one.command));
    return true;
  });
  return due;
}

std::vector<messages::command> held_commands::take_kind(
    const std::function<bool(const messages::command&)>& is_kind) {
  std::vector<messages::command> taken;
  std::erase_if(waiting_, [&](held& one) {
    if (!is_kind(one.command)) {
      return false;
    }
    taken.push_back(std::move(one.command));
    return true;
  });
  return taken;
}

} // namespace voltaic::actors::runtime
