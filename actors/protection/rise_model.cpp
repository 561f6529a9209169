#include "actors/protection/rise_model.hpp"

#include <algorithm>

#include "actors/protection/vectorised.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::protection {

namespace {

std::size_t scans_of(std::int64_t period_us) {
  const auto steps =
      (rise_window_us + period_us - 1) / std::max<std::int64_t>(period_us, messages::us_per_ms);
  return std::clamp<std::size_t>(static_cast<std::size_t>(steps) + 1, 3, rise_scans_max);
}

/// Values at the begin, in the middle and at the end of the window.
struct window {
  const std::int32_t* first;
  const std::int32_t* middle;
  const std::int32_t* now;
};
/// What makes rates of differences: of the first half, of the second, of the whole.
struct factors {
  float early;
  float late;
  float whole;
};

VOLTAIC_VECTORISED
void least_rates(window of, factors by, std::int32_t* __restrict rates, std::size_t count) {
  constexpr float most = 1e9F;
  for (std::size_t each = 0; each < count; ++each) {
    const auto one = static_cast<float>(of.middle[each] - of.first[each]) * by.early;
    const auto two = static_cast<float>(of.now[each] - of.middle[each]) * by.late;
    const auto both = static_cast<float>(of.now[each] - of.first[each]) * by.whole;
    const float least = std::min(std::min(one, two), both);
    rates[each] = static_cast<std::int32_t>(std::clamp(least, 0.0F, most));
  }
}

} // namespace

rise_model::rise_model(std::uint32_t count, std::uint32_t period_ms)
    : rates_(count), period_us_(period_ms * messages::us_per_ms) {
  ring_.resize(scans_of(period_us_));
  for (auto& each : ring_) {
    each.value.resize(rates_.value.size());
    each.valid.resize(rates_.value.size());
  }
}

const rise_model::scan& rise_model::before(std::size_t scans) const {
  return ring_[(newest_ + ring_.size() - scans) % ring_.size()];
}

void rise_model::step(const element_values& values, std::int64_t now_us) {
  // A scan may come in pieces; they belong together.
  const bool is_new = known_ == 0 || now_us - before(0).time_us >= period_us_ / 2;
  if (is_new) {
    newest_ = (newest_ + 1) % ring_.size();
    known_ = std::min(known_ + 1, ring_.size());
    ring_[newest_].time_us = now_us;
  }
  std::copy(values.value.begin(), values.value.end(), ring_[newest_].value.begin());
  std::copy(values.valid.begin(), values.valid.end(), ring_[newest_].valid.begin());
  if (known_ == ring_.size()) derive();
}

void rise_model::derive() {
  const auto& now = before(0);
  const auto& middle = before(ring_.size() / 2);
  const auto& first = before(ring_.size() - 1);
  const auto per_second = [](const scan& from, const scan& to) {
    return static_cast<float>(messages::us_per_s) / static_cast<float>(to.time_us - from.time_us);
  };
  const float whole = per_second(first, now);
  const float early = 2 * per_second(first, middle);
  const float late = 2 * per_second(middle, now);
  least_rates({first.value.data(), middle.value.data(), now.value.data()}, {early, late, whole},
              rates_.value.data(), rates_.value.size());
  for (std::size_t each = 0; each < rates_.valid.size(); ++each)
    rates_.valid[each] = now.valid[each] & middle.valid[each] & first.valid[each];
  rates_.summarise();
}

} // namespace voltaic::actors::protection
