#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/contactor/feedback_reader.hpp"
#include "actors/contactor/finding_model.hpp"
#include "actors/contactor/watch_model.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/chain_memory.hpp"
#include "actors/runtime/held_commands.hpp"
#include "actors/runtime/last_hop.hpp"

namespace voltaic::actors::contactor {

/// What the actor needs to know.
struct watch_actor_options {
  std::string rack;
  std::string device; ///< that feeds it, and takes no orders
  watch_options rules;
  double rated_current_a = 0; ///< the greater of both directions
};

/// The CONTACTOR actor of a rack that nothing here can open or close: says where its contactors
/// stand, gives no orders, and refuses commands to open or close it.
class watch_actor final : public runtime::actor {
 public:
  watch_actor(runtime::context& context, watch_actor_options options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;
  void linked() override;

 private:
  void begin(runtime::instant now);
  void step(runtime::instant now);
  /// Current where none may flow.
  void find(const device_values& device, runtime::instant now);
  void say_state(const watched& said, runtime::instant now);
  void say_event(const watched& said, const messages::command* cause, runtime::instant now);
  void take(const messages::command& command);
  void reset(const messages::command& command);

  runtime::context& context_;
  std::string rack_;
  std::string device_;
  std::string protection_;
  watch_model model_;
  feedback_reader reader_;
  finding_model findings_;
  runtime::chain_memory memory_;
  runtime::held_commands held_; ///< until the chain's next instant
  runtime::last_hop commands_;
  messages::catalogue catalogue_;
  std::vector<std::string> latches_; ///< of a time when it could be opened; none is added
  runtime::instant now_;
  bool begun_ = false;
  bool demanded_ = false; ///< protection wants it open
  std::int64_t state_said_us_ = 0;
  std::optional<messages::telemetry> state_said_;
};

} // namespace voltaic::actors::contactor
