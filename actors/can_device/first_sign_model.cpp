#include "actors/can_device/first_sign_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/event_codes.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::can_device {

namespace codes = messages::event_codes;
using messages::profiles::notice;

first_sign::first_sign(std::int64_t shortest_period_us)
    : patience_us_(std::max(first_sign_us_min, first_sign_periods * shortest_period_us)) {}

std::optional<notice> first_sign::step(std::int64_t now_us, bool is_heard) {
  if (is_over_) return std::nullopt;
  if (!began_us_) began_us_ = now_us;
  if (is_heard) {
    is_over_ = true;
    if (!is_told_) return std::nullopt;
    return notice{codes::never_seen, "seen", "", ""};
  }
  if (is_told_ || now_us - *began_us_ < patience_us_) return std::nullopt;
  is_told_ = true;
  return notice{
      codes::never_seen, "silent", "alarm",
      fmt::format("not one frame of it came within {} ms", patience_us_ / messages::us_per_ms)};
}

} // namespace voltaic::actors::can_device
