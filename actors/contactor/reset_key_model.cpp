#include "actors/contactor/reset_key_model.hpp"

#include <utility>

namespace voltaic::actors::contactor {

key_turn reset_key_model::hear(std::optional<bool> is_active, std::int64_t now_us) {
  const bool was_at_rest = std::exchange(is_at_rest_, is_active == false);
  if (!is_active) active_us_.reset();
  if (is_active == true && was_at_rest) active_us_ = now_us;
  if (is_active != false) return key_turn::none;
  const auto since_us = std::exchange(active_us_, std::nullopt);
  if (!since_us) return key_turn::none;
  const auto bounces_after = [&](const std::optional<std::int64_t>& turn_us) {
    return turn_us && now_us - *turn_us < key_spacing_us;
  };
  if (bounces_after(turned_us_)) return key_turn::none;
  const auto held_us = now_us - *since_us;
  const bool is_short = held_us < key_hold_us_min;
  if (!is_short && held_us <= key_hold_us_max) {
    turned_us_ = now_us;
    return key_turn::turned;
  }
  // A contact that bounces is told once; whoever turns it again and longer is heard at once.
  if (is_short && bounces_after(missed_us_)) return key_turn::none;
  missed_us_ = now_us;
  return is_short ? key_turn::too_short : key_turn::too_long;
}

} // namespace voltaic::actors::contactor
