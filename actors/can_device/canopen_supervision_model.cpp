#include "actors/can_device/canopen_supervision_model.hpp"

#include <fmt/format.h>

#include "messages/time.hpp"

namespace voltaic::actors::can_device {

using messages::us_per_ms;

node_supervision::node_supervision(const messages::profiles::canopen_rule& rule, std::uint8_t node)
    : node_(node),
      heartbeat_us_(rule.heartbeat_ms * us_per_ms),
      guard_us_(rule.guard_ms * us_per_ms),
      limit_us_(guard_us_ != 0 ? guard_us_ * rule.guard_life
                               : rule.heartbeat_timeout_ms * us_per_ms) {}

void node_supervision::arm(std::int64_t now_us) {
  sign_us_ = now_us;
  seen_ = 0;
  fast_ = 0;
  toggle_.reset();
  answers_ = 0;
  answered_twice_ = 0;
  doubled_.clear();
}

void node_supervision::take(const messages::canopen::error_control& said, std::int64_t now_us) {
  doubled_.clear();
  if (guard_us_ != 0) {
    if (++answers_ == 2 && ++answered_twice_ >= guard_answers_twice)
      doubled_ = "guard requests are answered twice";
    // The toggle bit tells a new answer from an old one (CiA 301, 7.2.8.3.2.1).
    if (toggle_ == said.toggle) return;
    toggle_ = said.toggle;
    sign_us_ = now_us;
    return;
  }
  sign_us_ = now_us;
  if (heartbeat_us_ == 0) return;
  auto& oldest_us = times_us_[seen_ % heartbeat_distances];
  const auto spread_us = now_us - oldest_us;
  const bool is_full = seen_++ >= heartbeat_distances;
  oldest_us = now_us;
  const auto share =
      static_cast<double>(spread_us) / (static_cast<double>(heartbeat_us_) * heartbeat_distances);
  // A sender whose bus was busy catches up, and is slow enough again then.
  fast_ = is_full && share < heartbeat_share_min ? fast_ + 1 : 0;
  if (fast_ >= heartbeat_distances)
    doubled_ = fmt::format("{} heartbeats came within {} ms, and one comes every {} ms",
                           heartbeat_distances, spread_us / us_per_ms, heartbeat_us_ / us_per_ms);
}

std::optional<messages::can::frame> node_supervision::step(std::int64_t now_us) {
  if (guard_us_ == 0 || (asked_us_ && now_us - *asked_us_ < guard_us_)) return std::nullopt;
  asked_us_ = now_us;
  answers_ = 0;
  return messages::canopen::make_guard_request(node_);
}

bool node_supervision::is_lost(std::int64_t now_us) const {
  return is_watched() && now_us - sign_us_ > limit_us_;
}

} // namespace voltaic::actors::can_device
