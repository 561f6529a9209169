#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "actors/contactor/contactor_model.hpp"

// What is latched, why, and who lets go of it.
namespace voltaic::actors::contactor {

void contactor_model::load_latches(std::span<const std::string> names, bool store_lost) {
  latches_.assign(names.begin(), names.end());
  // Nobody knows whether a weld was latched: take it that one was.
  if (store_lost && std::ranges::find(latches_, contactor_weld) == latches_.end()) {
    latches_.emplace_back(contactor_weld);
  }
  loaded_ = true;
}

std::vector<std::string> contactor_model::request_reset(messages::lock_right locks) {
  std::vector<std::string> refused;
  const bool locked =
      std::ranges::any_of(latches_, [](const std::string& name) { return name != lease_expired; });
  if (!locked && state_ != state::fault) return refused;
  if (locks == messages::lock_right::needs_service) refused.emplace_back(refusal_of(locks));
  if (locks == messages::lock_right::needs_plant) {
    for (const auto& name : latches_)
      if (name != lease_expired) refused.push_back(fmt::format("{}: {}", name, refusal_of(locks)));
    if (!locked) refused.emplace_back(refusal_of(locks));
  }
  if (!all_open(device_)) refused.emplace_back("the contactors are not known to be open");
  if (const auto* input = find_input(true)) {
    refused.push_back(fmt::format("{} is {}", input->name, input->why));
  }
  if (!refused.empty()) return refused;
  for (const auto& name : std::vector<std::string>(latches_)) unlatch(name);
  reset_wanted_ = state_ == state::fault;
  return refused;
}

std::vector<std::string> contactor_model::locks() const {
  std::vector<std::string> all;
  for (const auto& name : latches_)
    if (name != lease_expired) all.push_back(name + " is latched: reset first");
  return all;
}

bool contactor_model::latch(const std::string& name, std::optional<double> current_a) {
  if (std::ranges::find(latches_, name) != latches_.end()) return false;
  latches_.push_back(name);
  changes_.push_back({name, true, current_a});
  return true;
}

void contactor_model::unlatch(const std::string& name) {
  if (std::erase(latches_, name) > 0) changes_.push_back({name, false, {}});
}

// What was small as its device fell silent is taken for small still: the limits are zero since the
// opening began, and closing is barred until it is heard again. What was not, or nobody knows, may
// have been broken.
void contactor_model::latch_break() {
  if (device_.current_a) {
    latch(break_under_load, device_.current_a);
    return;
  }
  const bool is_recent =
      last_current_a_ && opening_us_ - last_current_us_ <= last_current_age_us_max;
  if (is_recent && std::abs(*last_current_a_) < options_.break_current_a) return;
  latch(break_unknown, is_recent ? last_current_a_ : std::nullopt);
}

void contactor_model::latch_for(contactor::state next, event cause, const std::string& reason) {
  if (next == state::fault || cause == event::weld || cause == event::fire) latch(reason);
  if (reason == lease_expired || reason == lease_ran_out) latch(lease_expired);
  if (cause == event::close_request || cause == event::early_request) unlatch(lease_expired);
  if (cause == event::wait_over) latch_break();
}

void contactor_model::tell_lock() {
  const auto name = std::exchange(locked_by_, {});
  if (name.empty() || outputs_.reason == name) return;
  outputs_.reason = name;
  outputs_.contactor.clear();
  outputs_.changed = true;
}

} // namespace voltaic::actors::contactor
