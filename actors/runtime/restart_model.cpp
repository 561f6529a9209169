#include "actors/runtime/restart_model.hpp"

#include <algorithm>
#include <cassert>

namespace voltaic::actors::runtime {

restart_model::restart_model(restart_policy policy, const std::vector<group_shape>& groups)
    : policy_(policy) {
  std::size_t first = 0;
  for (const auto& group : groups) {
    groups_.push_back({first, group.count, group.strategy});
    first += group.count;
  }
}

restart_model::range restart_model::group_of(std::size_t child) const {
  for (const auto& group : groups_) {
    if (child < group.first + group.count) {
      return group;
    }
  }
  assert(false && "no such child");
  return {};
}

restart_decision restart_model::on_exit(std::size_t child, std::int64_t now_us) {
  while (!history_.empty() && history_.front() <= now_us - policy_.window_us) {
    history_.pop_front();
  }
  restart_decision decision;
  if (history_.size() >= policy_.restarts_max) {
    decision.escalate = true;
    return decision;
  }
  auto delay_us = policy_.backoff_min_us;
  for (std::size_t i = 0; i < history_.size() && delay_us < policy_.backoff_max_us; ++i) {
    delay_us *= 2;
  }
  decision.delay_us = std::min(delay_us, policy_.backoff_max_us);
  history_.push_back(now_us);
  const auto group = group_of(child);
  auto first = child;
  auto last = child;
  if (group.strategy != strategy::one_for_one) {
    last = group.first + group.count - 1;
  }
  if (group.strategy == strategy::one_for_all) {
    first = group.first;
  }
  for (auto i = first; i <= last; ++i) {
    decision.start.push_back(i);
  }
  for (auto i = last + 1; i-- > first;) {
    if (i != child) {
      decision.stop.push_back(i);
    }
  }
  return decision;
}

} // namespace voltaic::actors::runtime
