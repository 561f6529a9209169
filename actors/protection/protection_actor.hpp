#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "actors/protection/configuration_keeper.hpp"
#include "actors/protection/deadline_model.hpp"
#include "actors/protection/evaluator.hpp"
#include "actors/protection/event_book.hpp"
#include "actors/protection/identity_keeper.hpp"
#include "actors/protection/limits_report_model.hpp"
#include "actors/protection/protection_points.hpp"
#include "actors/protection/second_opinion_model.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/held_commands.hpp"
#include "actors/runtime/last_hop.hpp"

namespace voltaic::actors::protection {

/// What the actor needs beside its rules.
struct actor_options {
  protection_options rules;
  std::string device;                              ///< the actor that feeds the rack
  std::vector<std::string> equipment;              ///< others whose points are judged
  messages::configuration::standing configuration; ///< that the rules follow from
  std::string second_evaluator; ///< the actor that judges the rack as well; empty: there is none
  std::vector<std::string> identity; ///< points of the device that say which one it is
  std::string witness; ///< the link that compares the rack's current; empty: nobody does
};

/// The PROTECTION actor: what the device says in; permits, limits and events out.
class protection_actor final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  protection_actor(runtime::context& context, actor_options options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;
  void linked() override;

 private:
  void begin(runtime::instant now);
  void hear_tick(const messages::tick& tick, runtime::instant time);
  void hear_command(const messages::command& command, runtime::instant time);
  /// What the contactor found, and only protection tells people.
  void hear_finding(const messages::event& found);
  void hear_second(const messages::message& message);
  /// Takes the stricter of both evaluators, and tells that they disagree.
  const second_opinion_model::joined& join_second(const outputs& said, runtime::instant now);
  void tell_difference(runtime::instant now);
  void step(const inputs& news, runtime::instant now);
  /// `cause`: the command that brought it about, if one did.
  void tell(const outputs& said, const messages::command* cause, runtime::instant now);
  /// What a former life latched or approved cannot be read.
  [[nodiscard]] bool is_store_lost() const {
    return own_.memory().is_lost() || configuration_.was_lost();
  }
  /// Judges how long after its time a step was dealt with.
  void judge_lateness(runtime::instant step);
  void say_permit(const verdict& word, runtime::instant now);
  /// Limits as they are applied, on change and now and then.
  void apply_limits(const outputs& said, runtime::instant now);
  void say_limits(told_state told, runtime::instant now);
  void record_limits(const current_limits& applied, runtime::instant now);
  /// The highest that stands, whoever found it.
  [[nodiscard]] std::optional<messages::protection::level> level_of(const outputs& said) const;
  [[nodiscard]] messages::event event_of(const report& told) const;
  /// What the device says of itself, told and taken into account.
  void watch_identity(runtime::instant now);
  void act(const messages::command& command);
  void reset(const messages::command& command);
  void shelve(const messages::command& command);
  void shelve_staged(const messages::command& command);
  void acknowledge(const messages::command& command);
  [[nodiscard]] bool takes_rules() const;
  void approve(const messages::command& command);
  void accept(const messages::command& command);
  void finish_approval(const configuration_keeper::answer& answered);

  runtime::context& context_;
  std::string rack_;
  evaluator own_;
  configuration_keeper configuration_;
  identity_keeper identity_;
  runtime::held_commands held_; ///< until the chain's next instant
  runtime::last_hop commands_;
  messages::catalogue catalogue_;
  event_book events_;
  runtime::instant now_;
  bool begun_ = false;
  deadline_model deadlines_;
  bool was_stopped_ = false; ///< when limits were said last
  std::int64_t limits_said_us_ = 0;
  std::vector<messages::payload> limits_said_;
  std::optional<messages::protection::level> level_said_;
  requests requests_said_;
  limits_report_model limits_told_;
  std::uint64_t group_ = 0;        ///< sequence of the event that opened the newest group
  std::set<std::string> findings_; ///< of the contactor and of both evaluators, that stand
  std::string evaluator_;          ///< the second one; empty: there is none
  second_opinion_model second_;
};

} // namespace voltaic::actors::protection
