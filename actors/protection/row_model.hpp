#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/protection/condition_model.hpp"
#include "actors/protection/input_model.hpp"
#include "actors/protection/level_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/protection/table.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

/// What others are asked to do; they read it as points.
struct requests {
  bool fan = false;
  bool heater = false;
  bool balance = false;
  friend bool operator==(const requests&, const requests&) = default;
};

/// What is done while a level is active or latched; the strictest of all counts.
struct consequence {
  double charge_percent = 100; ///< of the limit that is left
  double discharge_percent = 100;
  messages::opening opening = messages::opening::none;
  bool inhibits_close = false;
  protection::requests requests;

  /// Tightens this one by another.
  void add(const consequence& other);
  friend bool operator==(const consequence&, const consequence&) = default;
};

/// What the actions of a level come to, taken together.
[[nodiscard]] consequence consequence_of(const std::vector<messages::protection::action>& actions);

/// An alarm that sets so often within an hour latches: whatever it is, it does not go away.
inline constexpr std::size_t flaps_max = 5;
inline constexpr std::int64_t flap_window_us = 3'600 * messages::us_per_s;
/// A fault that trips so often, however long that takes, locks: resetting does not mend it. The
/// count ends when a person of the service role resets it, and outlives restarts.
inline constexpr std::uint32_t trips_max = 5;

/// One level of one candidate: everything that does not change while it runs,
/// and whether it is latched.
struct row {
  std::string candidate;
  std::string reason; ///< "cell_overvoltage/alarm"
  std::string key;    ///< the reason, and the input where several have the same
  std::string unit;
  messages::protection::direction direction = messages::protection::direction::high;
  std::uint32_t period_ms = 0; ///< how often it is evaluated; 0: in every step
  messages::protection::limit limit;
  std::vector<std::string> actions; ///< as text
  protection::consequence consequence;
  input from;
  std::uint16_t watch = no_watch; ///< position of what evaluates it; `no_watch` if nothing does
  std::uint8_t level = 0;         ///< position in that

  bool latched = false;
  /// While it is latched: how strictly, where that is more than its table says now.
  messages::protection::latch held = messages::protection::latch::none;
  std::uint32_t trips = 0; ///< of a fault, since the service role reset it
  std::string scope;       ///< of the element that latched it
  /// It was latched in a former life: nobody knows that its condition is over before its values
  /// showed that in this one.
  bool doubted = false;
  std::optional<std::int64_t> behind_since_us; ///< since when they do
  /// When it set last, oldest first; of alarms without a latch.
  std::array<std::int64_t, flaps_max> sets_us{};
  std::size_t sets = 0;

  /// A person does not want to hear of it until then, in microseconds; 0: not shelved.
  std::int64_t shelved_until_us = 0;

  /// It sets now. True: so often that it latches.
  [[nodiscard]] bool flaps(std::int64_t now_us);
  /// It is latched from now on, by its condition; often enough that locks it.
  void trip();
  /// A person lets go of it; `service`: one who looked after it.
  void let_go(bool service);
  /// Who may let go of it: the stricter of what its table says and what held when it latched.
  [[nodiscard]] messages::protection::latch kept() const;

  static constexpr std::uint16_t no_watch = 0xFFFF;
};

/// Levels of a candidate that are evaluated together.
struct watch {
  input from;
  std::vector<std::uint16_t> rows; ///< of each level
  level_model levels;
  std::vector<condition_model> conditions; ///< of each level; empty: none has one
  std::uint32_t needs = 0;                 ///< bits of the measured points of its input
  std::uint32_t depends = 0;               ///< those and what its conditions ask for
  std::int32_t period_us = 0;              ///< charges are gathered for so long
  std::int32_t owed_us = 0;                ///< gathered, not yet charged
};

/// A candidate's level as a row that nothing evaluates yet.
[[nodiscard]] row make_row(const messages::protection::candidate& watched, std::size_t level,
                           const input& from);

/// The action, and the reason of limits, where a rack should open that nothing here can open.
inline constexpr const char* cannot_open = "cannot_open";

/// What a level's actions come to, as text, where nothing here can open the rack: the current is
/// stopped instead, and `cannot_open` says what is left undone. Nothing bars closing either.
[[nodiscard]] std::vector<std::string> actions_without_contactors(
    const messages::protection::limit& of);

/// Some of a candidate's levels as they are evaluated: fixed point, microseconds.
[[nodiscard]] level_model make_levels(const messages::protection::candidate& watched,
                                      std::span<const std::size_t> levels, double parts,
                                      std::size_t count);

} // namespace voltaic::actors::protection
