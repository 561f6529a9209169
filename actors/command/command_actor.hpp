#pragma once

#include <string>

#include "actors/command/dispatcher_model.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/last_hop.hpp"

namespace voltaic::actors::command {

/// The COMMAND actor: the one door for commands of a site. Judges role, key and
/// deadline, journals, sends on to the last hop, and tells the outcome once.
class command_actor final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  command_actor(runtime::context& context, dispatcher_options options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;
  void wake(runtime::instant now) override;

 private:
  void take(const messages::command& asked);
  void conclude(const dispatcher_model::finished& over);
  void audit(const messages::command& asked, const messages::result& result, runtime::instant now);

  runtime::context& context_;
  dispatcher_model model_;
  runtime::last_hop gate_;
};

} // namespace voltaic::actors::command
