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
  if (state_.leads) return state_.timed.back().value;
  auto tightest = state_.base;
  for (const auto& each : state_.timed) {
    if (!tightest || is_tighter(each.value, *tightest)) tightest = each.value;
  }
  return tightest;
}

void standing_value_model::take(double value, std::int64_t length_us, messages::instant now) {
  begin_time(now);
  if (length_us > 0) return add(value, length_us, now);
  state_ = {value, {}, true};
  went_back(value);
}

void standing_value_model::take_unsure(double value, std::int64_t length_us,
                                       messages::instant now) {
  begin_time(now);
  if (length_us > 0) {
    add(value, length_us, now);
  } else if (state_.base && is_tighter(value, *state_.base)) {
    state_.base = value;
    state_.is_base_set = true;
  }
  // What the device holds is anybody's guess: it is not sent anything for that.
  given_ = in_force();
  state_.is_given = false;
}

void standing_value_model::add(double value, std::int64_t length_us, messages::instant now) {
  const auto until_us = now.monotonic_us + length_us;
  // What ends before the new one does would never lead again.
  std::erase_if(state_.timed, [&](const auto& each) { return each.until_us <= until_us; });
  state_.timed.push_back({value, length_us, until_us, now.utc_us + length_us});
  state_.leads = true;
  went_back(value);
}

void standing_value_model::went_back(double value) {
  given_ = value;
  must_give_ = is_over_ = false;
  state_.is_given = true;
  state_.former.reset();
}

standing_value_model::cause standing_value_model::cause_of(double value) const {
  if (!must_give_) return cause::over;
  if (value == state_.former) return cause::resumed;
  return is_over_ ? cause::over : cause::restart;
}

const timed_set* standing_value_model::longest(double value) const {
  const auto found = std::ranges::find(state_.timed, value, &timed_set::value);
  return found == state_.timed.end() ? nullptr : &*found;
}

std::optional<double> standing_value_model::held() const {
  const auto value = in_force();
  if (!value || is_restored_ || must_give_ || !state_.is_given || given_ != value) {
    return std::nullopt;
  }
  const bool stays = state_.is_base_set && state_.base == value;
  return stays || longest(*value) != nullptr ? value : std::nullopt;
}

std::optional<std::int64_t> standing_value_model::held_until_us() const {
  const auto value = held();
  if (!value || (!state_.leads && state_.is_base_set && state_.base == value)) return std::nullopt;
  return state_.leads ? state_.timed.back().until_us : longest(*value)->until_us;
}

std::optional<double> standing_value_model::due(messages::instant now) {
  begin_time(now);
  while (!state_.timed.empty() && state_.timed.back().until_us <= now.monotonic_us) {
    state_.timed.pop_back();
    state_.leads = false;
    is_over_ = true;
  }
  const auto wanted = in_force();
  return must_give_ || wanted != given_ ? wanted : std::nullopt;
}

void standing_value_model::restore(standing_state kept) {
  if (!kept.base) kept.base = state_.base;
  state_ = std::move(kept);
  state_.leads = state_.leads && !state_.timed.empty();
  if (!state_.former) state_.former = in_force();
  state_.leads = false;
  is_restored_ = true;
  must_give_ = !state_.timed.empty();
  if (!must_give_) state_.former.reset();
  given_ = in_force();
}

void standing_value_model::restore_unfinished(double value, std::int64_t length_us,
                                              std::int64_t until_utc_us) {
  if (length_us > 0) {
    state_.timed.push_back({value, length_us, 0, until_utc_us});
  } else if (state_.base && is_tighter(value, *state_.base)) {
    state_.base = value;
    state_.is_base_set = true;
  }
  is_restored_ = true;
  must_give_ = !state_.timed.empty();
  state_.is_given = false;
  given_ = in_force();
  // One for a time that is in force now goes on, as far as anybody knows.
  if (!state_.former || (length_us > 0 && given_ == value)) state_.former = given_;
  if (!must_give_) state_.former.reset();
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
