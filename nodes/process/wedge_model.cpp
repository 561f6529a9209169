#include "nodes/process/wedge_model.hpp"

#include <algorithm>

namespace voltaic::nodes::process {

std::optional<std::size_t> wedge_model::look(std::int64_t now_us,
                                             std::span<const std::uint64_t> counters,
                                             bool starved) {
  if (!last_look_us_ || slots_.size() != counters.size()) {
    slots_.assign(counters.size(), {});
    for (std::size_t i = 0; i < counters.size(); ++i) slots_[i].counter = counters[i];
    last_look_us_ = now_us;
    return std::nullopt;
  }
  const auto elapsed_us = std::clamp<std::int64_t>(now_us - *last_look_us_, 0, look_period_us);
  last_look_us_ = now_us;
  std::optional<std::size_t> wedged;
  for (std::size_t i = 0; i < counters.size(); ++i) {
    auto& seen = slots_[i];
    if (seen.counter != counters[i]) {
      seen = {counters[i], 0, 0};
      continue;
    }
    const bool excused = starved && seen.excused_us < excuse_factor * limit_us_;
    (excused ? seen.excused_us : seen.still_us) += elapsed_us;
    if (!wedged && seen.still_us >= limit_us_) wedged = i;
  }
  return wedged;
}

void wedge_model::reset() {
  last_look_us_.reset();
  slots_.clear();
}

bool wedge_model::suspicious() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [&](const slot& s) { return s.still_us * 3 >= limit_us_; });
}

} // namespace voltaic::nodes::process
