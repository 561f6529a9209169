#pragma once

#include <cstdint>
#include <optional>

#include "messages/time.hpp"

namespace voltaic::actors::contactor {

/// Somebody holds a key turned for at least this; a disturbance is shorter.
inline constexpr std::int64_t key_hold_us_min = 200 * messages::us_per_ms;
/// What is turned for longer is stuck, shorted or left there, and resets nothing when it ends.
inline constexpr std::int64_t key_hold_us_max = 10 * messages::us_per_s;
/// A key that bounces is turned once: what follows within this is the same turn.
inline constexpr std::int64_t key_spacing_us = 5 * messages::us_per_s;

/// What became of a key, as it was let go.
enum class key_turn : std::uint8_t {
  none,      ///< it was not turned, or nobody saw all of it, or it is told already
  turned,    ///< for the time that counts
  too_short, ///< for less than `key_hold_us_min`
  too_long   ///< for more than `key_hold_us_max`
};

/// A key that resets latches by being turned and let go: from rest to active and back, all of it
/// known. It counts as it is let go, as ISO 13849-1 has it of manual resets, so that a contact or
/// wire that fails and stays failed resets nothing. One that fails for the time of a turn and
/// recovers cannot be told from a turn. Pure; times are the node's.
class reset_key_model {
 public:
  /// What the key shows now; nothing: that is not known.
  key_turn hear(std::optional<bool> is_active, std::int64_t now_us);

 private:
  bool is_at_rest_ = false;               ///< and known to be
  std::optional<std::int64_t> active_us_; ///< since when, from known rest on
  std::optional<std::int64_t> turned_us_;
  std::optional<std::int64_t> missed_us_; ///< told as too short or too long
};

} // namespace voltaic::actors::contactor
