#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/protection/evaluator.hpp"
#include "actors/protection/protection_points.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/held_commands.hpp"
#include "actors/runtime/last_hop.hpp"

namespace voltaic::actors::protection {

/// What a second evaluator needs beside its rules.
struct second_evaluator_options {
  evaluator_options own;
  std::string first;               ///< the rack's protection, whose latches it takes at its start
  bool configuration_lost = false; ///< what was approved could not be read
};

/// The EVALUATOR actor: judges a rack once more, by itself. It says its permit to the contactor
/// and its limits to the rack's protection, inside its node alone: people hear the first one.
class second_evaluator final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  second_evaluator(runtime::context& context, second_evaluator_options options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  void stored(std::uint64_t token, const bus::storage::append_result& result) override;

 private:
  void begin(runtime::instant now);
  void step(const inputs& news, runtime::instant now);
  void hear_command(const messages::command& command, runtime::instant time);
  void act(const messages::command& command);
  void say_limits(const outputs& said, runtime::instant now);
  [[nodiscard]] bool is_store_lost() const {
    return configuration_lost_ || own_.memory().is_lost();
  }

  runtime::context& context_;
  std::string rack_;
  bool configuration_lost_;
  evaluator own_;
  runtime::held_commands held_; ///< until the chain's next instant
  runtime::last_hop commands_;
  messages::catalogue catalogue_; ///< of what it says of limits; only captures are told
  runtime::instant now_;
  bool begun_ = false;
  std::int64_t limits_said_us_ = 0;
  requests requests_said_;
  std::string permitted_said_; ///< in words
  std::optional<messages::protection::level> level_said_;
};

} // namespace voltaic::actors::protection
