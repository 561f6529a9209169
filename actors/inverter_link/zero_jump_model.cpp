#include "actors/inverter_link/zero_jump_model.hpp"

#include <cmath>
#include <utility>

namespace voltaic::actors::inverter_link {

bool is_exact_zero(double current_a) {
  return std::abs(current_a) <= exact_zero_a;
}

void zero_jump_model::step(const seen& now, double noise_a, std::int64_t now_us) {
  const bool is_zero = is_exact_zero(now.shown_a);
  const bool jumped = std::exchange(flowed_, std::abs(now.shown_a) > noise_a) && is_zero;
  if (!is_zero || !now.is_meant) {
    jump_.reset();
    is_dead_ = false;
    return;
  }
  const bool changed = jump_ && std::abs(now.missing_a - jump_->missing_a) >
                                    changed_share * std::abs(jump_->missing_a);
  if (jumped || changed) jump_ = jump{now_us, now.missing_a, {}, {}};
  if (!jump_) return;
  if (now.measured.heard_us > jump_->since_us) {
    if (!jump_->first_a) jump_->first_a = now.measured.value_a;
    if (!jump_->alive_us && now.measured.value_a != *jump_->first_a)
      jump_->alive_us = now.measured.heard_us;
  }
  if (!jump_->alive_us && now.seen_us >= jump_->since_us + register_us_max)
    jump_->alive_us = jump_->since_us + register_us_max;
  is_dead_ = jump_->alive_us && now.seen_us >= *jump_->alive_us + dead_zero_us;
}

} // namespace voltaic::actors::inverter_link
