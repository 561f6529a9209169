#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "actors/protection/configuration_keeper.hpp"
#include "actors/protection/deadline_model.hpp"
#include "actors/protection/limits_report_model.hpp"
#include "actors/protection/protection_model.hpp"
#include "actors/protection/telemetry_reader.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/chain_memory.hpp"
#include "actors/runtime/held_commands.hpp"
#include "actors/runtime/last_hop.hpp"

namespace voltaic::actors::protection {

/// What the actor needs beside its rules.
struct actor_options {
  protection_options rules;
  std::string device;                              ///< the actor that feeds the rack
  std::vector<std::string> equipment;              ///< others whose points are judged
  messages::configuration::standing configuration; ///< that the rules follow from
};

/// Limits are said again this often, changed or not.
inline constexpr std::int64_t limits_period_us = messages::us_per_s;
/// Events that can still be acknowledged.
inline constexpr std::size_t recent_events_max = 256;

/// The points that the protection of a rack says, as `owner`.
[[nodiscard]] messages::catalogue catalogue_of(const std::string& rack, const std::string& owner);

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
  void load_latches();
  void begin(runtime::instant now);
  void hear(const messages::telemetry& said, runtime::instant time);
  /// What another node's device says moves no time: it holds from the chain's next instant on.
  void hear_equipment(const messages::message& message);
  void step(const inputs& news, runtime::instant now);
  /// `cause`: the command that brought it about, if one did.
  void tell(const outputs& said, const messages::command* cause, runtime::instant now);
  /// Records an event that can be acknowledged; its sequence.
  std::uint64_t remember(messages::event event, runtime::instant now);
  /// What a former life latched or approved cannot be read.
  [[nodiscard]] bool is_store_lost() const {
    return memory_.is_lost() || configuration_.was_lost();
  }
  /// Judges how long after its time a step was dealt with.
  void judge_lateness(runtime::instant step);
  void say_permit(const verdict& word, runtime::instant now);
  void say_limits(const current_limits& applied, const outputs& from, runtime::instant now);
  void record_limits(const current_limits& applied, runtime::instant now);
  [[nodiscard]] messages::event event_of(const report& told) const;
  void act(const messages::command& command);
  void reset(const messages::command& command);
  void shelve(const messages::command& command);
  void shelve_staged(const messages::command& command);
  void acknowledge(const messages::command& command);
  [[nodiscard]] bool takes_rules() const;
  void approve(const messages::command& command);
  void finish_approval(const configuration_keeper::answer& answered);

  runtime::context& context_;
  std::string rack_;
  std::string device_;
  std::string contactor_;
  protection_model model_;
  telemetry_reader reader_;
  std::vector<telemetry_reader> equipment_;
  runtime::chain_memory memory_;
  configuration_keeper configuration_;
  runtime::held_commands held_; ///< until the chain's next instant
  runtime::last_hop commands_;
  messages::catalogue catalogue_;
  runtime::instant now_;
  bool begun_ = false;
  bool open_ = false; ///< its contactors are known to be open
  bool standby_ = false;
  deadline_model deadlines_;
  bool opening_ = false;     ///< the contactors are, or are about to
  bool was_stopped_ = false; ///< when limits were said last
  std::uint64_t counter_ = 0;
  std::int64_t limits_said_us_ = 0;
  std::vector<messages::payload> limits_said_;
  std::optional<messages::protection::level> level_said_;
  requests requests_said_;
  limits_report_model limits_told_;
  std::uint64_t group_ = 0; ///< sequence of the event that opened the newest group
  struct recent {
    std::uint64_t sequence = 0;
    messages::event event;
  };
  std::deque<recent> recent_;
};

} // namespace voltaic::actors::protection
