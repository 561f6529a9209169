#include "actors/runtime/present.hpp"

namespace voltaic::actors::runtime {

instant present(const context& owner, instant step) {
  const auto ahead_us = owner.now().monotonic_us - step.monotonic_us;
  if (ahead_us <= 0 || ahead_us > catch_up_max_us) return step;
  return {step.monotonic_us + ahead_us, step.utc_us + ahead_us};
}

bool lags(const context& owner, instant step) {
  return present(owner, step).monotonic_us - step.monotonic_us > lag_max_us;
}

} // namespace voltaic::actors::runtime
