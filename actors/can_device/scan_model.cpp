#include "actors/can_device/scan_model.hpp"

#include <algorithm>

namespace voltaic::actors::can_device {
namespace {

// Senders are late and early, but not by a quarter of their period.
std::int64_t at_the_earliest_us(std::int64_t period_us) {
  return period_us - period_us / 4;
}

std::int64_t at_the_latest_us(std::int64_t period_us) {
  return period_us + period_us / 4;
}

std::int64_t pause_us(std::int64_t period_us) {
  return period_us / 2;
}

std::int64_t given_up_us(std::int64_t period_us) {
  return period_us + period_us / 2;
}

} // namespace

scan_model::scan_model(std::span<const std::int64_t> periods_us) {
  for (const auto period_us : periods_us) {
    parts_.push_back({.period_us = period_us});
  }
  count();
}

bool scan_model::ends_before(std::uint32_t part, std::int64_t time_us) {
  if (!last_us_ || time_us - *last_us_ > pause_us(period_us_)) {
    begin_round();
  }
  last_us_ = time_us;
  if (!parts_[part].in_scan || !begun_us_) {
    return false;
  }
  const bool one_of_the_slowest = parts_[part].period_us >= period_us_;
  return time_us - *begun_us_ >=
         (one_of_the_slowest ? at_the_earliest_us(period_us_) : at_the_latest_us(period_us_));
}

void scan_model::begin_round() {
  // What was said already belongs to the round that is over.
  const bool nothing_new = !begun_us_;
  for (auto& one : parts_) {
    one.in_round = false;
    one.in_scan = one.in_scan && !nothing_new;
  }
  after_a_pause_ = after_a_pause_ && !nothing_new;
  count();
}

bool scan_model::take(std::uint32_t part, std::int64_t time_us) {
  auto& one = parts_[part];
  one.in_round = true;
  one.said = false;
  if (!one.in_scan) {
    one.in_scan = true;
    missing_ -= one.awaited ? 1 : 0;
  }
  if (!begun_us_) {
    begun_us_ = time_us;
  }
  return missing_ == 0;
}

std::int64_t scan_model::overdue_after_us() const {
  return begun_us_ ? *begun_us_ + given_up_us(period_us_) : never_us;
}

void scan_model::begin_next() {
  const auto any_in_scan = [&](auto&& holds) {
    return std::any_of(parts_.begin(), parts_.end(),
                       [&](const part_state& one) { return one.in_scan && holds(one); });
  };
  const bool over_a_pause = any_in_scan([](const part_state& one) { return !one.in_round; });
  // Twice: if the sender had only stalled, the next round begins with the parts
  // that came before the pause, and the others of that round are still to come.
  const bool again = after_a_pause_ && any_in_scan([](const part_state& one) { return one.said; });
  for (auto& one : parts_) {
    one.awaited = one.in_scan;
    one.in_scan = one.in_scan && one.in_round && !one.said && (over_a_pause || again);
    one.said = one.in_scan;
  }
  after_a_pause_ = over_a_pause;
  begun_us_.reset();
  count();
}

void scan_model::count() {
  missing_ = 0;
  period_us_ = 0;
  for (const auto& one : parts_) {
    if (one.awaited) {
      missing_ += one.in_scan ? 0 : 1;
      period_us_ = std::max(period_us_, one.period_us);
    }
  }
}

} // namespace voltaic::actors::can_device
