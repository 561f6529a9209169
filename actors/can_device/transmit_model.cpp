#include "actors/can_device/transmit_model.hpp"

#include "messages/time.hpp"

namespace voltaic::actors::can_device {

using messages::us_per_ms;

transmit_model::transmit_model(std::span<const messages::profiles::command> commands) {
  for (const auto& each : commands) {
    repeats_any_ = repeats_any_ || each.period_ms > 0;
    all_.push_back({each.period_ms * us_per_ms,
                    each.phase_ms * us_per_ms,
                    each.minimum_gap_ms * us_per_ms,
                    {},
                    {},
                    {},
                    {}});
  }
}

std::int64_t transmit_model::timing::period_at(std::int64_t now_us) const {
  const auto since_us = now_us - phase_us;
  const auto whole = since_us / period_us;
  return since_us % period_us < 0 ? whole - 1 : whole;
}

bool transmit_model::may_send(std::uint16_t set, std::int64_t now_us) const {
  const auto& one = all_[set];
  return !one.sent_us || now_us - *one.sent_us >= one.gap_us;
}

void transmit_model::sent(std::uint16_t set, std::int64_t now_us) {
  all_[set].sent_us = now_us;
}

bool transmit_model::is_settled(std::uint16_t set, double meant, std::int64_t now_us) {
  auto& one = all_[set];
  if (one.meant && one.meant != meant) one.meant_us = now_us;
  one.meant = meant;
  return !one.meant_us || now_us - *one.meant_us >= settle_us;
}

bool transmit_model::is_due(std::uint16_t set, std::int64_t now_us) {
  auto& one = all_[set];
  if (one.period_us == 0) return false;
  const auto current = one.period_at(now_us);
  if (!one.period) one.period = current;
  return *one.period != current;
}

void transmit_model::repeated(std::uint16_t set, std::int64_t now_us) {
  all_[set].period = all_[set].period_at(now_us);
}

} // namespace voltaic::actors::can_device
