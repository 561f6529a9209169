#include "actors/protection/frozen_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "actors/protection/vectorised.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

namespace {

/// How many cells moved in the epoch, how many are known, and whether one moved now.
struct movement {
  std::int32_t moved = 0;
  std::int32_t known = 0;
  std::int32_t any = 0;
};

VOLTAIC_VECTORISED
movement compare_with(const std::int32_t* values, const std::int32_t* valid, std::size_t count,
                      std::int32_t* __restrict last, std::int32_t* __restrict since,
                      std::int32_t* __restrict changed, std::int32_t* __restrict behind) {
  movement seen;
  for (std::size_t cell = 0; cell < count; ++cell) {
    const std::int32_t now_changed =
        -static_cast<std::int32_t>(values[cell] != last[cell]) & valid[cell];
    changed[cell] |= now_changed;
    behind[cell] &= ~now_changed;
    since[cell] &= ~now_changed;
    last[cell] = values[cell];
    seen.any |= now_changed;
    seen.moved -= changed[cell];
    seen.known -= valid[cell];
  }
  return seen;
}

/// Of those behind the time is counted, and shown as their age where they do not stand for longer.
VOLTAIC_VECTORISED
void grow_older(const std::int32_t* behind, const std::int32_t* standing, std::int32_t counted_ms,
                std::size_t count, std::int32_t* __restrict since, std::int32_t* __restrict ages) {
  constexpr auto most = std::numeric_limits<std::int32_t>::max() / 2;
  for (std::size_t cell = 0; cell < count; ++cell) {
    const std::int32_t next = since[cell] + (counted_ms & behind[cell]);
    since[cell] = next < most ? next : most;
    const std::int32_t behind_ms = since[cell] & behind[cell];
    ages[cell] = behind_ms < standing[cell] ? standing[cell] : behind_ms;
  }
}

} // namespace

frozen_model::frozen_model(std::uint32_t count, std::uint32_t period_ms, double capacity_ah,
                           double resolution_v)
    : standstill_(count, capacity_ah, resolution_v),
      ages_(count),
      last_(ages_.value.size(), 0),
      since_(ages_.value.size(), 0),
      changed_(ages_.value.size(), 0),
      behind_(ages_.value.size(), 0),
      current_min_a_(capacity_ah > 0 ? frozen_current_c * capacity_ah
                                     : std::numeric_limits<double>::infinity()),
      all_after_us_(frozen_all_periods * period_ms * messages::us_per_ms) {}

void frozen_model::step(const element_values& cells, const surroundings& now, std::int64_t now_us) {
  const auto passed_us = started_ ? now_us - last_us_ : 0;
  last_us_ = now_us;
  if (!started_) last_ = cells.value;
  started_ = true;
  compare(cells);
  const auto passed_ms = static_cast<std::int32_t>(
      std::clamp<std::int64_t>(passed_us / messages::us_per_ms, 0, charge_us_max / 1'000));
  const std::int32_t counted_ms = flows(now) ? passed_ms : 0;
  standstill_.step(cells, counted_ms, now.current_a.value_or(0));
  grow_older(behind_.data(), standstill_.ages_ms().data(), counted_ms, since_.size(), since_.data(),
             ages_.value.data());
  std::ranges::copy(cells.valid, ages_.valid.begin());
  ages_.summarise();
  judge_all(now, now_us);
}

void frozen_model::compare(const element_values& cells) {
  const auto seen = compare_with(cells.value.data(), cells.valid.data(), last_.size(), last_.data(),
                                 since_.data(), changed_.data(), behind_.data());
  any_changed_ = seen.any != 0;
  if (seen.moved == 0 || 2 * seen.moved < seen.known) return;
  // Most have moved: who has not is behind, and all begin again.
  for (std::size_t cell = 0; cell < last_.size(); ++cell) {
    behind_[cell] |= ~changed_[cell];
    changed_[cell] = 0;
  }
}

bool frozen_model::flows(const surroundings& now) const {
  return now.current_a && std::abs(*now.current_a) > current_min_a_;
}

bool frozen_model::should_answer(const surroundings& now) const {
  if (!now.current_a || !answered_.current_a) return false;
  const bool changed = std::abs(*now.current_a - *answered_.current_a) > current_min_a_;
  if (!now.rack_v || !answered_.rack_v) return changed;
  const double moved_v = std::abs(*now.rack_v - *answered_.rack_v);
  return (changed && moved_v > frozen_voltage_share * *answered_.rack_v) ||
         (flows(now) && moved_v > frozen_steady_share * *answered_.rack_v);
}

void frozen_model::judge_all(const surroundings& now, std::int64_t now_us) {
  if (any_changed_ || !answered_.current_a) answered_ = now;
  const bool silent = should_answer(now);
  if (silent && !unanswered_) unanswered_us_ = now_us;
  unanswered_ = silent;
  const bool is_late = unanswered_ && now_us - unanswered_us_ >= all_after_us_;
  all_.put(is_late || standstill_.all_stand() ? 1 : 0);
}

} // namespace voltaic::actors::protection
