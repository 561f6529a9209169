#pragma once

#include <string>

#include "actors/command/dispatcher_model.hpp"
#include "actors/command/inverter_gate_model.hpp"
#include "actors/command/parallel_model.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/last_hop.hpp"

namespace voltaic::actors::command {

/// The mode is said this often.
inline constexpr std::int64_t mode_period_us = messages::us_per_s;

/// The COMMAND actor: the one door for commands of a site. Judges role, key and
/// deadline, journals, sends on to the last hop, and tells the outcome once. Holds the
/// LOCAL/REMOTE switch and says it as `command/mode`.
class command_actor final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  command_actor(runtime::context& context, dispatcher_options options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;
  void wake(runtime::instant now) override;
  void linked() override;

 private:
  void take(const messages::command& asked);
  /// Answers a rack's contactors: what others say of their closing now.
  void confirm_close(const messages::command& asked);
  void conclude(const dispatcher_model::finished& over);
  void load();
  void say_mode(runtime::instant now);
  void switch_mode(const messages::command& asked, runtime::instant now);
  void audit(const messages::command& asked, const messages::result& result, runtime::instant now);

  runtime::context& context_;
  parallel_model parallel_;
  inverter_gate_model inverters_;
  dispatcher_model model_;
  runtime::last_hop gate_;
  messages::catalogue catalogue_;
  messages::telemetry mode_said_;
  std::int64_t mode_said_us_ = 0;
  bool described_ = false; ///< this incarnation has said its catalogue
};

} // namespace voltaic::actors::command
