#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/contactor/closing_gate.hpp"
#include "actors/contactor/contactor_model.hpp"
#include "actors/contactor/contactor_points.hpp"
#include "actors/contactor/feedback_reader.hpp"
#include "actors/contactor/finding_model.hpp"
#include "actors/contactor/input_reader.hpp"
#include "actors/contactor/permit_pair_model.hpp"
#include "actors/contactor/reset_key.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/chain_memory.hpp"
#include "actors/runtime/held_commands.hpp"
#include "actors/runtime/last_hop.hpp"

namespace voltaic::actors::contactor {

/// What the actor needs beside its rules.
struct actor_options {
  contactor_options rules;
  std::string device; ///< the actor that carries out the orders
  std::vector<input_options> inputs;
  /// Others have a say in its closing: racks of its DC bus, its inverter.
  bool asks_before_closing = false;
  std::string second_evaluator; ///< the actor that has to permit as well; empty: there is none
  std::string machine_boot;     ///< of `messages::machine_time`: how long a journal's word is old
};

/// The CONTACTOR actor: permits and commands in; orders, state and results out.
class contactor_actor final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  contactor_actor(runtime::context& context, actor_options options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  void ending() override { ending_ = true; }
  void linked() override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;

 private:
  void begin(runtime::instant now);
  void hear_permit(const std::string& from, const messages::permit& word, runtime::instant time);
  void hear_tick(const std::string& from, runtime::instant time);
  void hear_command(const messages::command& command, runtime::instant time);
  /// Whether its former life ended while it was closed, and the same for its next one.
  void load_closed();
  void note_closed(const outputs& said, runtime::instant now);
  void load_wear();
  void store_wear(runtime::instant now);
  /// What an input says acts at once, between the instants of the chain.
  void hear_input(const messages::telemetry& said, runtime::instant time);
  /// When the epoch was lost with the journal, the device tells which one it
  /// accepted last, and the next is ours.
  void begin_epoch(runtime::instant now);
  /// The reset key counts as soon as it is heard to be let go.
  void look_at_key();
  void step(runtime::instant now);
  void judge_next_attempt(runtime::instant now);
  void say_order(const outputs& said, runtime::instant now);
  /// `cause`: the command that brought it about, if one did.
  void say_event(const outputs& said, const messages::command* cause, runtime::instant now);
  void say_state(const outputs& said, runtime::instant now);
  /// By how much an order of this step comes late; 0 while the chain keeps up.
  [[nodiscard]] std::int64_t lag_us(runtime::instant now) const;
  /// What people have to know although it moves nothing.
  void find(runtime::instant now);
  /// What came or went.
  std::vector<latch_change> store_latches(runtime::instant now);
  /// An event for each lock that the one of this step, `said`, does not name.
  void say_locks(const std::vector<latch_change>& changes, const outputs& said,
                 runtime::instant now);
  /// What makes it safer waits neither for the disk nor for the chain.
  void take_open(const messages::command& command);
  void act(const messages::command& command);
  void close(const messages::command& command);
  /// The part of it that follows when others were asked.
  void begin_closing(const messages::command& command);
  void go_on_closing(const closing_gate::verdict& told);
  /// Asks again before an attempt that follows on one that failed.
  void confirm_next_attempt(runtime::instant now);
  /// Why a closing that has to wait would come too late; empty: it would not.
  [[nodiscard]] std::vector<std::string> refuse_late(const messages::command& command) const;
  void settle(runtime::instant now);
  [[nodiscard]] static std::string operation_of(const messages::command& command);

  runtime::context& context_;
  std::string rack_;
  std::string device_;
  std::string protection_;
  std::string evaluator_; ///< the second one; empty: there is none
  permit_pair_model permits_;
  contactor_model model_;
  feedback_reader reader_;
  input_reader inputs_;
  reset_key key_;
  finding_model findings_;
  runtime::chain_memory memory_;
  runtime::held_commands held_; ///< until the chain's next instant
  runtime::last_hop commands_;
  closing_gate gate_;
  std::int64_t confirmed_attempt_us_ = 0; ///< the attempt that was asked for last
  bool is_attempt_confirmed_ = false;
  std::vector<std::string> attempt_refused_; ///< why others refused it
  messages::catalogue catalogue_;
  runtime::instant now_;
  bool begun_ = false;
  bool epoch_due_ = false;
  bool noted_closed_ = false; ///< in the journal
  wear stored_wear_;          ///< the same
  double stored_heat_share_ = 0;
  bool ending_ = false;      ///< the node is: open, and stay open
  std::string machine_boot_; ///< empty: its time is no machine's
  bool no_time_ = false;     ///< `closing_` was given up for want of time
  std::uint64_t counter_ = 0;
  std::int64_t state_said_us_ = 0;
  std::optional<bool> joined_said_;
  std::optional<messages::telemetry> state_said_;
  std::int64_t permit_silence_us_;
  std::optional<messages::command> closing_;
  std::optional<messages::command> opening_;
  std::optional<messages::command> open_asked_; ///< since the last step
  std::optional<messages::command> cause_;      ///< the newest that moved the contactors
};

} // namespace voltaic::actors::contactor
