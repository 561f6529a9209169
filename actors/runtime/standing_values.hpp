#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/runtime/actor.hpp"
#include "actors/runtime/held_value_model.hpp"
#include "actors/runtime/standing_value_model.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::actors::runtime {

/// What the set commands of one device stand for, kept in the journal: which
/// value follows when a set for a time is over, whether a new one loosens, and
/// what to do where the device does not hold what was set.
/// Belongs to the device's actor; a set is named by its position in the plan.
class standing_values {
 public:
  /// Loads what the journal remembers.
  standing_values(context& owner, std::span<const messages::profiles::command> commands);

  /// Why this set may not be carried out; nothing: it may. Asked when it comes and
  /// again before it acts: what is in force may be another value then.
  /// `on_their_way`: what the device was given and did not report yet.
  [[nodiscard]] std::optional<std::string> refusal(const messages::command& asked,
                                                   std::uint16_t set, double value,
                                                   std::span<const double> on_their_way) const;

  /// What this set has to be, by all that stands; nothing: nobody ever said.
  [[nodiscard]] std::optional<double> in_force(std::uint16_t set) const {
    return all_.at(set).model.in_force();
  }

  /// What the device may be given for it: of what a restart left unfinished, or nobody knows the
  /// end of, nothing.
  [[nodiscard]] std::optional<double> to_give(std::uint16_t set) const {
    return all_.at(set).model.to_give();
  }

  /// Whether the device was surely given exactly this and reports it: to be given it again would
  /// change nothing.
  [[nodiscard]] bool is_held(std::uint16_t set, double value,
                             const std::optional<reported_value>& reported) const;

  /// Takes note of a set that acted, or may have.
  void took(const messages::command& asked, std::uint16_t set, messages::outcome how, instant now);
  /// The same for one that a former life began and did not finish.
  void took_formerly(const messages::command& asked, std::uint16_t set);
  /// Journals that, before their results: each is taken note of once, and the
  /// next life must know it too.
  void keep_formerly(instant now);

  /// Until the next set `keep_formerly`, `due` and `look` would find and change nothing.
  [[nodiscard]] bool ask_nothing() const;

  /// A value that a set, named by its position in the plan, goes back to.
  struct reversion {
    std::uint16_t set = 0;
    double value = 0;
  };
  /// What the device has to be given because a set is over; said again until
  /// `went_back`.
  [[nodiscard]] std::vector<reversion> due(instant now);
  /// The device was given it: journals and records that.
  void went_back(const reversion& done, instant now);

  /// A value that the device has to be given again, because it holds another one.
  struct rewrite {
    std::uint16_t set = 0;
    double value = 0;
    double found = 0;                     ///< what the device held instead
    bool resumes = false;                 ///< at once, because the actor was restarted
    std::optional<std::int64_t> until_us; ///< worthless from then on, monotonic; nothing: it stays
  };
  /// Compares what the device reports with what it has to hold, and records what
  /// there is to tell. Gives what is to be written again; `wrote` tells that it was.
  /// For each instant after `due`, and not while the same set is on its way.
  [[nodiscard]] std::optional<rewrite> look(std::uint16_t set,
                                            const std::optional<reported_value>& reported,
                                            instant now);
  void wrote(const rewrite& again, instant now);

 private:
  struct standing {
    std::string point;
    std::string unit;
    std::uint8_t decimals = 0;
    double tolerance = 0;
    standing_value_model model;
    messages::tighter side = messages::tighter::toward_zero;
    held_value_model held = held_value_model(side);
    std::string asked_as = {};  ///< the name that it was set by
    bool took_formerly = false; ///< and that is not in the journal yet
  };
  void load();
  /// Why the asker may not set this beside that value: by role, and by where he is.
  [[nodiscard]] static std::optional<std::string> refusal_beside(const messages::command& asked,
                                                                 double value,
                                                                 std::optional<double> beside,
                                                                 messages::tighter side,
                                                                 const std::string& what_it_is);
  /// "12.5 A"
  [[nodiscard]] static std::string value_text(double value, const standing& of);
  void keep(const standing& what, instant now);
  void tell(const standing& about, double value, std::string state, std::string reason,
            instant now);

  context& owner_;
  std::vector<standing> all_; ///< by the plan's position
};

} // namespace voltaic::actors::runtime
