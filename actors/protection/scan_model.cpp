#include "actors/protection/scan_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "actors/protection/vectorised.hpp"

namespace voltaic::actors::protection {

namespace {

constexpr std::uint32_t scans_max = 1'000'000; // far beyond any bound that looks at it

/// Whether a value differs from the one before by `step_max` at least.
VOLTAIC_VECTORISED
bool is_any_as_far(const std::int32_t* values, const std::int32_t* before, std::size_t count,
                   std::int32_t step_max) {
  std::int32_t found = 0;
  for (std::size_t element = 0; element < count; ++element) {
    const auto step = static_cast<std::int32_t>(static_cast<std::uint32_t>(values[element]) -
                                                static_cast<std::uint32_t>(before[element]));
    found |=
        static_cast<std::int32_t>(step >= step_max) | static_cast<std::int32_t>(step <= -step_max);
  }
  return found != 0;
}

bool arrives(quality of) {
  return of <= quality::uncertain || of == quality::invalid;
}

} // namespace

std::optional<std::int32_t> fixed(double value, double parts) {
  const double scaled = std::nearbyint(value * parts);
  if (!(std::abs(scaled) <= fixed_max)) return std::nullopt;
  return static_cast<std::int32_t>(scaled);
}

std::optional<std::int32_t> fixed_at_most(double value, double parts) {
  if (std::isnan(value)) return std::nullopt;
  const double most = fixed_max;
  return static_cast<std::int32_t>(std::clamp(std::nearbyint(value * parts), -most, most));
}

std::optional<std::int32_t> millionths(double value) {
  return fixed(value, 1e6);
}

scan_model::scan_model(std::uint32_t count, std::int64_t stale_us, std::int32_t step_max,
                       std::int64_t hold_us)
    : values_(count),
      stale_us_(stale_us),
      step_max_(step_max),
      recovery_(count, stale_us, hold_us),
      quality_(count, quality::never),
      source_us_(count, std::numeric_limits<std::int64_t>::min()),
      fresh_us_(count, 0),
      seen_(count, 0),
      never_count_(count) {}

void scan_model::begin(std::int64_t now_us) {
  if (uniform_) return; // all of it came already
  for (std::size_t element = 0; element < values_.count; ++element) {
    if (quality_[element] == quality::never) fresh_us_[element] = now_us;
  }
  recount();
}

void scan_model::apply(const element_block& block, std::int64_t now_us) {
  const bool whole = block.first_index == 0 && block.values.size() == values_.count &&
                     block.element_quality.empty() && block.quality <= quality::uncertain;
  const bool newer =
      uniform_ ? block.source_time_us > whole_source_us_
               : block.source_time_us > *std::max_element(source_us_.begin(), source_us_.end());
  if (whole && newer) {
    apply_whole(block, now_us);
  } else {
    apply_each(block, now_us);
  }
  values_.summarise();
}

void scan_model::apply_whole(const element_block& block, std::int64_t now_us) {
  if (step_max_ > 0 && (unconfirmed_count_ > 0 || any_step(block.values))) {
    for (std::size_t element = 0; element < values_.count; ++element) {
      take_value(element, block.values[element]);
    }
  } else {
    std::copy(block.values.begin(), block.values.end(), values_.value.begin());
  }
  if (!uniform_) {
    std::fill_n(values_.valid.begin(), values_.count, -1);
    uniform_ = true;
    never_count_ = stale_count_ = invalid_count_ = 0;
  }
  if (expired_) std::ranges::fill(values_.fresh, -1);
  expired_ = false;
  recovery_.end_all();
  if (seen_count_ > 0) std::ranges::fill(seen_, std::uint8_t{0});
  seen_count_ = 0;
  whole_source_us_ = block.source_time_us;
  oldest_us_ = oldest_fresh_us_ = newest_us_ = now_us;
  scans_ = std::min(scans_ + 1, scans_max);
}

void scan_model::apply_each(const element_block& block, std::int64_t now_us) {
  if (uniform_) {
    std::ranges::fill(quality_, quality::good);
    std::ranges::fill(source_us_, whole_source_us_);
    std::ranges::fill(fresh_us_, newest_us_);
    uniform_ = false;
  }
  const auto room = block.first_index < values_.count ? values_.count - block.first_index : 0;
  const auto end = std::min<std::size_t>(block.values.size(), room);
  for (std::size_t position = 0; position < end; ++position) {
    const std::size_t element = block.first_index + position;
    const auto now_is =
        position < block.element_quality.size() ? block.element_quality[position] : block.quality;
    // Somebody who repeats what he knew does not make it any newer.
    const bool fresh = arrives(now_is) && block.source_time_us > source_us_[element];
    if (now_is <= quality::uncertain) {
      if (fresh) take_value(element, block.values[position]);
      values_.value[element] = block.values[position];
    }
    values_.valid[element] = now_is <= quality::uncertain ? -1 : 0;
    const auto former = std::exchange(quality_[element], now_is);
    if (now_is == quality::stale) {
      recovery_.say_unknown(element, block.source_time_us, former == quality::stale, now_us);
    }
    if (arrives(now_is)) {
      newest_us_ = now_us;
    } else {
      restart_scans();
    }
    if (!fresh) continue;
    recovery_.end(element);
    source_us_[element] = block.source_time_us;
    fresh_us_[element] = now_us;
    values_.fresh[element] = -1;
    if (seen_[element] == 0) {
      seen_[element] = 1;
      ++seen_count_;
    }
  }
  recount();
  if (seen_count_ == values_.count && never_count_ == 0) {
    std::ranges::fill(seen_, std::uint8_t{0});
    seen_count_ = 0;
    scans_ = std::min(scans_ + 1, scans_max);
  }
}

bool scan_model::any_step(std::span<const std::int32_t> values) const {
  return is_any_as_far(values.data(), values_.value.data(), values.size(), step_max_);
}

void scan_model::take_value(std::size_t element, std::int32_t value) {
  const auto step = std::int64_t{value} - values_.value[element];
  const bool is_far = step_max_ > 0 && values_.valid[element] != 0 && std::abs(step) >= step_max_;
  const bool was_far = values_.confirmed[element] == 0;
  // Twice in a row: whatever the cell does, it is not healthy.
  const bool waits = is_far && !was_far;
  unconfirmed_count_ += (waits ? 1U : 0U) - (was_far ? 1U : 0U);
  values_.confirmed[element] = waits ? 0 : -1;
  values_.value[element] = value;
}

bool scan_model::expires(std::int64_t now_us) const {
  return now_us - stale_us_ > oldest_fresh_us_;
}

void scan_model::expire(std::int64_t now_us) {
  expired_ = true;
  oldest_fresh_us_ = std::numeric_limits<std::int64_t>::max();
  for (std::size_t element = 0; element < values_.count; ++element) {
    const auto heard_us = uniform_ ? newest_us_ : fresh_us_[element];
    const bool is_fresh = now_us - stale_us_ <= heard_us;
    values_.fresh[element] = is_fresh ? -1 : 0;
    if (is_fresh) oldest_fresh_us_ = std::min(oldest_fresh_us_, heard_us);
  }
}

void scan_model::recount() {
  never_count_ = stale_count_ = invalid_count_ = 0;
  oldest_us_ = oldest_fresh_us_ = std::numeric_limits<std::int64_t>::max();
  for (std::uint32_t element = 0; element < values_.count; ++element) {
    oldest_us_ = std::min(oldest_us_, fresh_us_[element]);
    if (values_.fresh[element] != 0)
      oldest_fresh_us_ = std::min(oldest_fresh_us_, fresh_us_[element]);
    if (quality_[element] == quality::never) ++never_count_;
    if (quality_[element] == quality::stale) ++stale_count_;
    if (quality_[element] != quality::invalid) continue;
    if (invalid_count_ == 0) first_invalid_ = element;
    ++invalid_count_;
  }
}

void scan_model::restart_scans() {
  scans_ = 0;
  if (seen_count_ > 0) std::ranges::fill(seen_, std::uint8_t{0});
  seen_count_ = 0;
}

std::int32_t scan_model::charge_us(std::int64_t from_us, std::int64_t to_us) const {
  const auto held_until = std::min(to_us, newest_us_ + stale_us_);
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(held_until - from_us, 0, charge_us_max));
}

std::int64_t scan_model::oldest_age_us(std::int64_t now_us) const {
  if (!recovery_.is_any()) return std::max<std::int64_t>(0, now_us - oldest_us_);
  std::int64_t oldest_us = 0;
  for (std::size_t element = 0; element < fresh_us_.size(); ++element) {
    oldest_us =
        std::max(oldest_us, now_us - fresh_us_[element] - recovery_.held_us(element, now_us));
  }
  return oldest_us;
}

} // namespace voltaic::actors::protection
