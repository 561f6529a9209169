#include "actors/contactor/reset_key_model.hpp"

#include <utility>

namespace voltaic::actors::contactor {

bool reset_key_model::hear(std::optional<bool> is_active, std::int64_t now_us) {
  const bool was_at_rest = std::exchange(is_at_rest_, is_active == false);
  if (!is_active) active_us_.reset();
  if (is_active == true && was_at_rest) active_us_ = now_us;
  if (is_active != false) return false;
  const auto since_us = std::exchange(active_us_, std::nullopt);
  if (!since_us || now_us - *since_us < key_hold_us_min || now_us - *since_us > key_hold_us_max)
    return false;
  if (turned_us_ && now_us - *turned_us_ < key_spacing_us) return false;
  turned_us_ = now_us;
  return true;
}

} // namespace voltaic::actors::contactor
