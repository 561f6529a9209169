#include "scenarios/property/standing_sets.hpp"

#include <algorithm>
#include <cmath>

#include "messages/time.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

/// A chain may be so far behind its wire, or its deadline seen so much later.
constexpr std::int64_t slack_us = 500 * us_per_ms;

} // namespace

std::int64_t standing_sets::acted::last_end_us() const {
  return length_us == 0 ? INT64_MAX : std::max(sent_us, deadline_us) + length_us + slack_us;
}

void standing_sets::act(const request& what, std::int64_t now_us) {
  asked_.erase(what.key);
  all_.push_back({what.key, what.value, what.length_us, now_us, what.deadline_us});
  all_.back().returns = what.length_us > 0 ? 1 : 0;
  has_followed_ = what.length_us == 0;
}

void standing_sets::hear(double reported_a, std::int64_t now_us) {
  if (all_.empty()) return;
  auto& newest = all_.back();
  const bool is_it = std::abs(reported_a - newest.value_a) <= same_a;
  if (!is_it || newest.reported_us || newest.restarted || now_us > newest.deadline_us) return;
  newest.reported_us = now_us;
  newest.is_on_disk = !refuses_;
}

void standing_sets::restart(std::int64_t now_us) {
  taken_back_ += static_cast<int>(asked_.size());
  for (auto& each : all_) {
    each.restarted = true;
    if (each.length_us > 0) ++each.returns;
    if (!each.reported_us) continue;
    if (!each.is_on_disk || now_us - *each.reported_us < noted_us) each.reported_us.reset();
  }
}

void standing_sets::forget() {
  const bool refuses = refuses_;
  *this = {};
  refuses_ = refuses;
}

void standing_sets::refuse(bool refuses, std::int64_t now_us) {
  refuses_ = refuses;
  for (auto& each : all_)
    if (each.reported_us && now_us - *each.reported_us < noted_us) each.is_on_disk = false;
}

bool standing_sets::surely_stands(std::size_t at, std::int64_t now_us) const {
  const auto& one = all_[at];
  if (!one.reported_us || (one.length_us > 0 && now_us >= one.first_end_us())) return false;
  // A later one may have ended it: any that stays; beside one for a time, one that ends later.
  const auto leaves_it = [&](const acted& later) {
    return later.length_us > 0 && (one.length_us == 0 || later.last_end_us() < one.first_end_us());
  };
  return std::all_of(all_.begin() + static_cast<std::ptrdiff_t>(at) + 1, all_.end(), leaves_it);
}

std::optional<std::string> standing_sets::goes_back_to(double value_a, std::int64_t now_us) const {
  int allowed = taken_back_;
  for (const auto& each : all_) {
    if (each.length_us == 0) continue;
    allowed += each.returns - (now_us >= each.first_end_us() ? 0 : 1);
  }
  if (returned_ >= allowed) return std::nullopt;
  for (std::size_t at = 0; at < all_.size(); ++at)
    if (surely_stands(at, now_us) && value_a > all_[at].value_a + same_a / 2) return std::nullopt;
  for (auto each = all_.rbegin(); each != all_.rend(); ++each)
    if (std::abs(each->value_a - value_a) < same_a / 2 && now_us <= each->last_end_us())
      return each->key;
  if (std::abs(value_a - default_a) < same_a / 2) return std::string();
  return std::nullopt;
}

void standing_sets::went_back() {
  ++returned_;
  has_followed_ = true;
}

std::optional<std::int64_t> standing_sets::over_us() const {
  if (has_followed_ || all_.empty()) return std::nullopt;
  return all_.back().last_end_us();
}

std::int64_t standing_sets::ends_us(const std::string& key) const {
  for (const auto& each : all_)
    if (each.key == key) return each.last_end_us();
  return INT64_MAX;
}

} // namespace voltaic::tests::property
