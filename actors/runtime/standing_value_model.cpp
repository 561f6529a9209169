#include "actors/runtime/standing_value_model.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace voltaic::actors::runtime {

using messages::goes_before;
using messages::is_tighter;

std::optional<double> standing_value_model::in_force() const {
  if (state_.leads) return state_.timed.back().value;
  auto tightest = state_.base;
  for (const auto& each : state_.timed) {
    if (!tightest || goes_before(each.value, *tightest, side_)) tightest = each.value;
  }
  return tightest;
}

bool standing_value_model::asks_nothing() const {
  const bool stands = state_.is_base_set || state_.leads || !state_.timed.empty() ||
                      state_.is_base_doubtful || state_.confirmed || state_.former;
  return !stands && !is_restored_ && !must_give_ && given_ == state_.base;
}

std::optional<double> standing_value_model::to_give() const {
  if (state_.leads) return state_.timed.back().value;
  auto tightest = state_.is_base_doubtful ? state_.base_before : state_.base;
  for (const auto& each : state_.timed) {
    if (each.is_doubtful) continue;
    if (!tightest || goes_before(each.value, *tightest, side_)) tightest = each.value;
  }
  return tightest;
}

void standing_value_model::drop_doubtful() {
  std::erase_if(state_.timed, &timed_set::is_doubtful);
  if (!std::exchange(state_.is_base_doubtful, false)) return;
  state_.base = state_.base_before;
  state_.is_base_set = state_.is_base_before_set;
}

void standing_value_model::believe(double value) {
  if (state_.base == value) state_.is_base_doubtful = false;
  for (auto& each : state_.timed) each.is_doubtful = each.is_doubtful && each.value != value;
  given_ = to_give();
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
  const auto before = in_force();
  // What was due before this set is due still.
  must_give_ = must_give_ || given_ != to_give();
  doubt(value);
  unsure_since_us_ = now.monotonic_us;
  if (length_us > 0) {
    const auto until_us = now.monotonic_us + length_us;
    // It renews those of its own value: a device that is silent for long needs no room.
    std::erase_if(state_.timed, [&](const auto& each) {
      return each.value == value && each.until_us <= until_us;
    });
    const auto place = std::ranges::upper_bound(state_.timed, until_us, std::ranges::greater(),
                                                &timed_set::until_us);
    state_.timed.insert(place, {value, length_us, until_us, now.utc_us + length_us});
    state_.leads = false;
  } else {
    state_.leads = state_.leads && !is_tighter(value, *before, side_);
    take_base_if_tighter(value);
  }
  // What the device holds is anybody's guess: it is not sent anything for that.
  given_ = to_give();
}

void standing_value_model::take_base_if_tighter(double value) {
  if (!state_.base || !is_tighter(value, *state_.base, side_)) return;
  state_.base = value;
  state_.is_base_set = true;
  state_.is_base_doubtful = false;
}

void standing_value_model::doubt(double value) {
  if (std::exchange(state_.is_given, false)) {
    const auto before = in_force();
    state_.confirmed = before && was_set(*before) ? before : std::nullopt;
    const auto known = state_.confirmed.value_or(0);
    state_.lowest = state_.highest = known;
    if (side_ == messages::tighter::toward_zero) {
      // Zero is no looser than anything.
      state_.lowest = std::min(known, 0.0);
      state_.highest = std::max(known, 0.0);
    }
  }
  state_.lowest = std::min(state_.lowest, value);
  state_.highest = std::max(state_.highest, value);
}

void standing_value_model::is_sure() {
  state_.is_given = true;
  state_.confirmed.reset();
  state_.lowest = state_.highest = 0;
}

bool standing_value_model::report(double value, std::int64_t time_us, double tolerance) {
  if (state_.is_given || is_restored_ || must_give_ || time_us <= unsure_since_us_) return false;
  const auto newer = in_force();
  // What was in force before says nothing: the unsure set may act yet.
  if (!newer || newer == state_.confirmed || !was_set(*newer)) return false;
  if (std::abs(value - *newer) > tolerance) return false;
  believe(*newer);
  is_sure();
  return true;
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
  drop_doubtful();
  is_sure();
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

bool standing_value_model::was_set(double value) const {
  return (state_.is_base_set && state_.base == value) || longest(value) != nullptr;
}

std::optional<held_value> standing_value_model::held() const {
  if (is_restored_ || must_give_) return std::nullopt;
  if (!state_.is_given) {
    if (!state_.confirmed) return std::nullopt;
    return held_value{*state_.confirmed, state_.lowest, state_.highest};
  }
  const auto value = in_force();
  if (!value || given_ != value || !was_set(*value)) return std::nullopt;
  return held_value{*value, *value, *value};
}

std::optional<std::int64_t> standing_value_model::held_until_us() const {
  const auto wanted = held();
  if (!wanted || (!state_.leads && state_.is_base_set && state_.base == wanted->value)) {
    return std::nullopt;
  }
  if (state_.leads) return state_.timed.back().until_us;
  const auto* timed = longest(wanted->value);
  // An unsure set may stand in front of what stays.
  return timed == nullptr ? std::nullopt : std::optional(timed->until_us);
}

std::optional<double> standing_value_model::due(messages::instant now) {
  begin_time(now);
  while (!state_.timed.empty() && state_.timed.back().until_us <= now.monotonic_us) {
    state_.timed.pop_back();
    state_.leads = false;
    is_over_ = true;
    // Nobody knows whether what ended is what the device holds.
    must_give_ = must_give_ || !state_.is_given;
  }
  const auto wanted = to_give();
  return must_give_ || wanted != given_ ? wanted : std::nullopt;
}

void standing_value_model::restore(standing_state kept) {
  if (!kept.base) kept.base = state_.base;
  state_ = std::move(kept);
  state_.leads = state_.leads && !state_.timed.empty();
  if (!state_.former) state_.former = to_give();
  state_.leads = false;
  is_restored_ = true;
  must_give_ = !std::ranges::all_of(state_.timed, &timed_set::is_doubtful);
  if (!must_give_) state_.former.reset();
  given_ = to_give();
}

void standing_value_model::restore_unfinished(double value, std::int64_t length_us,
                                              std::int64_t until_utc_us) {
  doubt(value);
  if (length_us > 0) {
    const auto wanted = to_give();
    state_.timed.push_back({value, length_us, 0, until_utc_us, true});
    // The restart ends one that raised it, if it ever acted.
    const bool raises = wanted && !is_tighter(value, *wanted, side_);
    must_give_ = must_give_ || raises;
    if (raises && !state_.former) state_.former = wanted;
  } else if (state_.base && is_tighter(value, *state_.base, side_)) {
    if (!state_.is_base_doubtful) {
      state_.base_before = state_.base;
      state_.is_base_before_set = state_.is_base_set;
    }
    take_base_if_tighter(value);
    state_.is_base_doubtful = true;
  }
  is_restored_ = true;
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
