#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/runtime/caf_compat.hpp"
#include "actors/runtime/restart_model.hpp"
#include "actors/runtime/seat.hpp"

namespace voltaic::actors::runtime {

/// What the supervisor of a node is given.
struct supervisor_options {
  std::vector<std::shared_ptr<seat>> seats; ///< in start order, through all groups
  std::vector<group_shape> groups;
  restart_policy policy;
  /// The budget is spent: the node is to end. Called on a worker.
  std::function<void(const std::string& reason)> on_failed;
  /// Everybody has ended after a stop request. Called on a worker.
  std::function<void()> on_stopped;
};

/// Asks the supervisor to end its children, last started first, then itself.
struct stop_request {};

/// Starts the children, restarts them as restart_model says, gives up when it
/// says so.
caf::behavior supervisor(caf::event_based_actor* self, std::shared_ptr<supervisor_options> options);

} // namespace voltaic::actors::runtime

namespace caf {
template <>
struct allowed_unsafe_message_type<voltaic::actors::runtime::stop_request> : std::true_type {};
} // namespace caf
