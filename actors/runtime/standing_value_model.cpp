#include "actors/runtime/standing_value_model.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace voltaic::actors::runtime {

bool is_tighter(double a, double b) {
  return std::abs(a) < std::abs(b);
}

std::optional<double> standing_value_model::in_force() const {
  if (leads_) return state_.timed.back().value;
  auto tightest = state_.base;
  for (const auto& each : state_.timed) {
    if (!tightest || is_tighter(each.value, *tightest)) tightest = each.value;
  }
  return tightest;
}

void standing_value_model::take(double value, std::int64_t length_us, messages::instant now) {
  begin_time(now);
  if (length_us > 0) return add(value, length_us, now);
  state_ = {value, {}};
  leads_ = false;
  went_back(value);
}

void standing_value_model::take_unsure(double value, std::int64_t length_us,
                                       messages::instant now) {
  begin_time(now);
  if (length_us > 0) return add(value, length_us, now);
  if (state_.base && is_tighter(value, *state_.base)) state_.base = value;
  // What the device holds is anybody's guess: it is not sent anything for that.
  given_ = in_force();
}

void standing_value_model::add(double value, std::int64_t length_us, messages::instant now) {
  const auto until_us = now.monotonic_us + length_us;
  // What ends before the new one does would never lead again.
  std::erase_if(state_.timed, [&](const auto& each) { return each.until_us <= until_us; });
  state_.timed.push_back({value, length_us, until_us, now.utc_us + length_us});
  leads_ = true;
  went_back(value);
}

std::optional<double> standing_value_model::due(messages::instant now) {
  begin_time(now);
  while (!state_.timed.empty() && state_.timed.back().until_us <= now.monotonic_us) {
    state_.timed.pop_back();
    leads_ = false;
  }
  const auto wanted = in_force();
  return must_give_ || wanted != given_ ? wanted : std::nullopt;
}

void standing_value_model::restore(standing_state kept) {
  if (kept.base) state_.base = kept.base;
  state_.timed = std::move(kept.timed);
  leads_ = false;
  is_restored_ = true;
  must_give_ = !state_.timed.empty();
  given_ = in_force();
}

void standing_value_model::begin_time(messages::instant now) {
  if (!std::exchange(is_restored_, false)) return;
  for (auto& each : state_.timed) {
    // Also where UTC was set back meanwhile.
    const auto left_us =
        std::clamp<std::int64_t>(each.until_utc_us - now.utc_us, 0, each.length_us);
    each.until_us = now.monotonic_us + left_us;
  }
  std::ranges::stable_sort(state_.timed, std::ranges::greater(), &timed_set::until_us);
}

} // namespace voltaic::actors::runtime
