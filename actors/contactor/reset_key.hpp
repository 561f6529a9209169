#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/contactor/reset_key_model.hpp"
#include "actors/runtime/actor.hpp"

namespace voltaic::actors::contactor {

/// The reset that a turn asks for is late after this.
inline constexpr std::int64_t key_deadline_us = 5 * messages::us_per_s;

/// Asks the dispatcher for a reset of the rack's latches when its key is turned and let go, as a
/// person at the plant would with the role service: whether their causes are gone, whoever latched
/// judges, and the command is in the audit. Times are the node's.
class reset_key {
 public:
  /// `point`: of the key, "dio_0/key"; empty: there is none.
  reset_key(runtime::context& owner, std::string rack, std::string point);

  /// What the key shows; nothing: that is not known. A turn while the rack is not known to be
  /// open, or while its reset before is not answered, or for too short or too long, is told and
  /// resets nothing.
  void look(std::optional<bool> is_active, bool is_open);
  /// The outcome, if it is of its own command.
  void take(const messages::result& told);

 private:
  void turn(bool is_open);
  void tell(const std::string& outcome);

  runtime::context& owner_;
  std::string rack_;
  std::string point_;
  reset_key_model model_;
  std::string asked_; ///< key of the command that is not answered
  std::int64_t asked_until_us_ = 0;
  std::uint64_t number_ = 0;
};

} // namespace voltaic::actors::contactor
