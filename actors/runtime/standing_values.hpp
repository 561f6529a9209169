#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/runtime/actor.hpp"
#include "actors/runtime/standing_value_model.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::actors::runtime {

/// What the set commands of one device stand for, kept in the journal: which
/// value follows when a set for a time is over, and whether a new one loosens.
/// Belongs to the device's actor; a set is named by its position in the plan.
class standing_values {
 public:
  /// Loads what the journal remembers.
  standing_values(context& owner, std::span<const messages::profiles::command> commands);

  /// Why this set may not be carried out; nothing: it may.
  [[nodiscard]] std::optional<std::string> refusal(const messages::command& asked,
                                                   std::uint16_t set, double value) const;

  /// Takes note of a set that acted, or may have.
  void took(const messages::command& asked, std::uint16_t set, messages::outcome how, instant now);
  /// The same for one that a former life began and did not finish.
  void took_formerly(const messages::command& asked, std::uint16_t set);

  struct reversion {
    std::uint16_t set = 0;
    double value = 0;
  };
  /// What the device has to be given because a set is over; said again until
  /// `went_back`.
  [[nodiscard]] std::vector<reversion> due(instant now);
  /// The device was given it: journals and records that.
  void went_back(const reversion& done, instant now);

 private:
  struct standing {
    std::string point;
    std::string unit;
    std::uint8_t decimals = 0;
    standing_value_model model;
  };
  void load();
  void keep(const standing& what, instant now);

  context& owner_;
  std::vector<standing> all_; ///< by the plan's position
};

} // namespace voltaic::actors::runtime
