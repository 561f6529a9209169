#include <algorithm>
#include <array>
#include <csignal>

#include "nodes/process/process_entry.hpp"

// The ordered stop of a set.
namespace voltaic::nodes::process {

namespace {

struct stop_step {
  process_role role;
  std::int64_t bound_us;
};
// Commands end first, then the chains, then what carried them. A chain opens
// in order before it ends, which takes as long as its current flows.
constexpr std::array stop_steps = {
    stop_step{process_role::site, 500'000},  stop_step{process_role::node, 4'200'000},
    stop_step{process_role::relay, 400'000}, stop_step{process_role::simulator, 400'000},
    stop_step{process_role::bus, 400'000},
};
static_assert([] {
  std::int64_t sum = 0;
  for (const auto& step : stop_steps) sum += step.bound_us;
  return sum;
}() <= process_set::stop_us_max);

} // namespace

void process_set::ask_to_stop(entry& item, std::int64_t now_us, std::int64_t bound_us) {
  if (item.child == nullptr) {
    item.state = process_state::stopped;
    return;
  }
  item.state = process_state::stopping;
  item.due_us = now_us + bound_us;
  item.child->signal(SIGTERM);
  // One that is stopped by SIGSTOP would not see it.
  item.child->signal(SIGCONT);
}

void process_set::stop_all(std::int64_t now_us) {
  if (stopping_) return;
  stopping_ = true;
  stop_stage_ = -1;
  for (auto& item : entries_)
    if (item->child == nullptr && item->state != process_state::failed)
      item->state = process_state::stopped;
  step_stop(now_us);
}

// Asks the next stage once every process of the stages before it has ended.
void process_set::step_stop(std::int64_t now_us) {
  while (stop_stage_ < static_cast<int>(stop_steps.size())) {
    const bool busy = std::any_of(entries_.begin(), entries_.end(), [](const auto& item) {
      return item->state == process_state::stopping && item->child != nullptr;
    });
    if (busy || ++stop_stage_ == static_cast<int>(stop_steps.size())) return;
    const auto& stage = stop_steps[static_cast<std::size_t>(stop_stage_)];
    for (auto item = entries_.rbegin(); item != entries_.rend(); ++item)
      if ((*item)->spec.role == stage.role && (*item)->child != nullptr)
        ask_to_stop(**item, now_us, stage.bound_us);
  }
}

bool process_set::all_stopped() const {
  return stopping_ && std::all_of(entries_.begin(), entries_.end(),
                                  [](const auto& item) { return item->child == nullptr; });
}

} // namespace voltaic::nodes::process
