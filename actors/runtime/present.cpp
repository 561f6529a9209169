#include "actors/runtime/present.hpp"

#include <algorithm>

namespace voltaic::actors::runtime {

instant present(const context& owner, instant step) {
  if (owner.lives_on_recording()) return step;
  const auto ahead_us = owner.now().monotonic_us - step.monotonic_us;
  if (ahead_us <= 0) return step;
  return {step.monotonic_us + ahead_us, step.utc_us + ahead_us};
}

bool lags(const context& owner, instant step) {
  return present(owner, step).monotonic_us - step.monotonic_us > lag_max_us;
}

std::int64_t true_at_us(const context& owner, std::int64_t source_us) {
  const auto now_us = owner.now().monotonic_us;
  return owner.lives_on_recording() ? now_us : std::min(now_us, source_us);
}

} // namespace voltaic::actors::runtime
