#include "actors/inverter_link/heartbeat_model.hpp"

#include <algorithm>

namespace voltaic::actors::inverter_link {

void heartbeat_model::beat(std::int64_t now_us, std::optional<double> counter) {
  if (counter) {
    // The first counter is only known, a value that stands still is no life.
    const bool has_changed = counter_ && *counter_ != *counter;
    counter_ = counter;
    if (!has_changed) return;
  }
  if (last_us_ && now_us - *last_us_ >= zero_after_us) beats_ = 0;
  last_us_ = std::max(last_us_.value_or(now_us), now_us);
  beats_ = std::min(beats_ + 1, beats_min);
}

presence heartbeat_model::step(std::int64_t now_us) {
  if (!start_us_) start_us_ = now_us;
  if (!is_expected_) return presence::there;
  const auto silent_us = now_us - last_us_.value_or(*start_us_);
  if (silent_us >= standby_after_us) return presence::standby;
  if (silent_us >= zero_after_us) return presence::lost;
  return beats_ >= beats_min ? presence::there : presence::awaited;
}

std::optional<std::int64_t> heartbeat_model::age_us(std::int64_t now_us) const {
  if (!last_us_) return std::nullopt;
  return now_us - *last_us_;
}

} // namespace voltaic::actors::inverter_link
