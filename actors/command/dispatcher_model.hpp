#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "actors/command/authority_model.hpp"
#include "actors/command/setpoint_model.hpp"
#include "messages/codec/payloads.hpp"

namespace voltaic::actors::command {

/// Who acts on what in this site.
struct dispatcher_options {
  std::vector<std::string> devices;
  std::map<std::string, std::string> rack_devices; ///< rack -> the device that feeds it
  std::map<std::string, std::string> nodes;        ///< rack or device -> where it lives
  std::map<std::string, std::string> dc_buses;     ///< rack -> the DC bus that it is joined to
  std::map<std::string, std::string> inverters;    ///< rack -> the inverter that it is behind
  /// Inverters that the table of pairs may say not to work with their battery
  std::set<std::string> doubtful_inverters = {};
  /// "bms_0/SetChargeCurrent" -> "charge_current_limit": a command's channel and what it sets
  std::map<std::string, std::string> channels;
  /// "inverter_0/charge_current_limit" -> "inverter_0/link", which tells the inverter that limit
  /// and takes what people set for it
  std::map<std::string, std::string> writers;
  /// "bms_0/charge_current_limit" -> where its tighter values lie; not here: toward zero
  std::map<std::string, messages::tighter> sides;
  std::map<std::string, std::string> second_evaluators = {}; ///< rack -> who judges it as well

  [[nodiscard]] std::vector<std::string> validate() const;
};

/// After the deadline, how long an outcome may still arrive before it counts as
/// unknown.
inline constexpr std::int64_t outcome_grace_us = 500'000;
/// The point of the LOCAL/REMOTE switch.
inline constexpr std::string_view mode_point = "command/mode";
/// The point that tells which setpoints stand.
inline constexpr std::string_view setpoints_point = "command/setpoints";
/// Commands that are on their way at once.
inline constexpr std::size_t pending_max = 256;
/// Events whose source is remembered, so that they can be acknowledged.
inline constexpr std::size_t known_events_max = 4'096;

/// Decides who may do what, where a command goes, and what became of it. Pure.
class dispatcher_model {
 public:
  /// The options must be valid.
  explicit dispatcher_model(dispatcher_options options) : options_(std::move(options)) {}

  /// Why nobody would carry it out; empty: somebody will.
  [[nodiscard]] std::vector<std::string> refuse(const messages::command& asked,
                                                std::int64_t now_utc_us) const;

  /// The commands that carry it out, one for each hop. `own` gets the results.
  /// Of commands on their way no two have one key (the gate sees to that); the
  /// ids are the askers' own, and two askers may choose the same.
  [[nodiscard]] std::vector<messages::command> forward(const messages::command& accepted,
                                                       const std::string& own);

  /// A command and what became of it.
  struct finished {
    messages::command command;
    messages::result result;
  };
  /// A hop's result; the whole one, once every hop has told its own.
  [[nodiscard]] std::optional<finished> take(const messages::result& told);
  /// The relay's answer that it reaches nobody, in words about what was asked for.
  /// `began_before`: a former life sent it on already, so it may have acted.
  [[nodiscard]] messages::result explain(messages::result bounced, bool began_before) const;
  /// What stayed without an outcome for too long.
  [[nodiscard]] std::vector<finished> expire(std::int64_t now_utc_us);

  /// What a command that was carried out means for those that follow. Who owned its setpoint
  /// before, where it changes hands.
  std::optional<std::string> took(const messages::command& acted, std::int64_t now_utc_us);
  [[nodiscard]] std::vector<messages::setpoint> setpoints(std::int64_t now_utc_us) const {
    return setpoints_.standing(now_utc_us);
  }
  /// Whether the dispatcher itself carries it out: the LOCAL/REMOTE switch.
  [[nodiscard]] static bool is_own(const messages::command& asked);
  [[nodiscard]] command_mode mode() const { return authority_.mode(); }
  void switch_to(command_mode mode) { authority_.switch_to(mode); }
  /// The generation of a command that is sent on at this time: higher than all before.
  [[nodiscard]] std::uint64_t next_generation(std::int64_t now_utc_us);
  /// From a former life.
  void load_generation(std::uint64_t newest) { generation_ = newest; }

  /// Protection's events can be acknowledged from now on.
  void remember(const messages::event& seen);
  /// What the supervisor tells of nodes.
  void learn(const messages::event& seen);

 private:
  struct pending {
    messages::command command;
    std::size_t outstanding = 0;
    messages::result result;
    bool is_needless = true; ///< no hop that answered had anything to do
  };
  /// In words, of what has no targets, with what was probably meant.
  [[nodiscard]] std::string nobody_for(const messages::command& asked) const;
  /// What to set instead of a point of an inverter that is only told of its battery; empty: the
  /// owner is none.
  [[nodiscard]] std::string instead_of(std::string_view inverter, std::string_view point) const;
  [[nodiscard]] std::string trouble_of(const std::string& subject) const;
  [[nodiscard]] std::vector<std::string> targets_of(const messages::command& asked) const;
  /// The one name of what is set, whichever it was asked by; empty: no setpoint.
  [[nodiscard]] std::string setpoint_of(const messages::command& asked) const;
  [[nodiscard]] messages::tighter side_of(const std::string& setpoint) const;

  dispatcher_options options_;
  std::map<std::string, pending> pending_;  ///< by the key of the command that was asked
  std::map<std::string, std::string> hops_; ///< id of a forwarded command -> key of the asked one
  std::map<std::string, std::string> event_racks_;
  std::map<std::string, std::string> troubles_; ///< by node: why nobody answers there
  std::vector<std::string> event_order_;
  std::size_t event_next_ = 0;
  authority_model authority_;
  setpoint_model setpoints_;
  std::uint64_t generation_ = 0;
};

} // namespace voltaic::actors::command
