#include "actors/contactor/contactor_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace voltaic::actors::contactor {

namespace {

bool known(const device_values& device) {
  return device.minus_closed && device.plus_closed && device.precharge_closed;
}

bool any_closed(const device_values& device) {
  return device.minus_closed.value_or(false) || device.plus_closed.value_or(false) ||
         device.precharge_closed.value_or(false);
}

bool all_open(const device_values& device) {
  return known(device) && !any_closed(device);
}

bool conducting(const device_values& device) {
  return device.minus_closed.value_or(false) && device.plus_closed.value_or(false);
}

// The start of what goes on, or nothing.
void track(std::optional<std::int64_t>& since_us, bool goes_on, std::int64_t now_us) {
  if (!goes_on) {
    since_us.reset();
  } else if (!since_us) {
    since_us = now_us;
  }
}

bool lasts(const std::optional<std::int64_t>& since_us, std::int64_t from_us,
           std::int64_t duration_us, std::int64_t now_us) {
  return since_us && now_us - std::max(*since_us, from_us) >= duration_us;
}

} // namespace

std::vector<std::string> contactor_options::validate() const {
  std::vector<std::string> wrong;
  if (rack.empty()) wrong.emplace_back("contactor needs the name of its rack");
  if (!(break_current_a > 0) || !std::isfinite(break_current_a)) {
    wrong.push_back(rack + ": break_current_a must be above zero");
  }
  for (const auto duration_us : {lease_us, permit_silence_us, feedback_us, feedback_lost_us,
                                 precharge_us, pause_us, reducing_us}) {
    if (duration_us <= 0) wrong.push_back(rack + ": times of the contactor must be above zero");
  }
  if (!(precharge_tolerance_v > 0)) {
    wrong.push_back(rack + ": precharge_tolerance_v must be above zero");
  }
  if (precharge_attempts < 1 || feedback_attempts < 1) {
    wrong.push_back(rack + ": at least one attempt to close is needed");
  }
  return wrong;
}

contactor_model::contactor_model(contactor_options options) : options_(std::move(options)) {
  assert(options_.validate().empty());
  outputs_.shown = duty_of(state_).shown;
  outputs_.reason = "start";
}

void contactor_model::load_latches(std::span<const std::string> names, bool store_lost) {
  latches_.assign(names.begin(), names.end());
  // Nobody knows whether a weld was latched: take it that one was.
  if (store_lost && std::ranges::find(latches_, contactor_weld) == latches_.end()) {
    latches_.emplace_back(contactor_weld);
  }
  loaded_ = true;
}

bool contactor_model::take_permit(const messages::permit& word, std::int64_t time_us) {
  const bool newer =
      word.epoch > permit_.epoch || (word.epoch == permit_.epoch && word.counter > permit_.counter);
  if (permit_us_ && !newer) return false;
  permit_ = word;
  permit_us_ = time_us;
  return true;
}

std::vector<std::string> contactor_model::close_refusals() const {
  std::vector<std::string> refused;
  if (!options_.close_permitted) refused.emplace_back("closing is not permitted in this site");
  if (!loaded_) refused.emplace_back("latches are not loaded");
  for (const auto& name : latches_) {
    if (name != lease_expired) refused.push_back(name + " is latched");
  }
  if (!permit_us_ || last_us_ - *permit_us_ >= options_.permit_silence_us) {
    refused.emplace_back("protection is silent");
  } else if (!permit_.granted || !permit_.close_allowed) {
    refused.insert(refused.end(), permit_.reasons.begin(), permit_.reasons.end());
    if (permit_.reasons.empty()) refused.emplace_back("protection does not allow it");
  }
  if (!known(device_)) refused.emplace_back("feedback of the contactors is unknown");
  return refused;
}

std::vector<std::string> contactor_model::request_close() {
  auto refused = close_refusals();
  if (state_ != state::open) {
    refused.push_back(fmt::format("the contactors are {}", duty_of(state_).shown));
  }
  if (refused.empty()) close_wanted_ = true;
  return refused;
}

void contactor_model::request_open(std::string reason) {
  open_wanted_ = true;
  close_wanted_ = false;
  open_reason_ = std::move(reason);
}

std::vector<std::string> contactor_model::request_reset(bool service) {
  std::vector<std::string> refused;
  const bool locked =
      std::ranges::any_of(latches_, [](const std::string& name) { return name != lease_expired; });
  if (!locked && state_ != state::fault) return refused;
  if (!service) refused.emplace_back("needs role service");
  if (!all_open(device_)) refused.emplace_back("the contactors are not known to be open");
  if (!refused.empty()) return refused;
  for (const auto& name : std::vector<std::string>(latches_)) unlatch(name);
  reset_wanted_ = true;
  return refused;
}

void contactor_model::latch(const std::string& name) {
  if (std::ranges::find(latches_, name) != latches_.end()) return;
  latches_.push_back(name);
  changes_.push_back({name, true});
}

void contactor_model::unlatch(const std::string& name) {
  if (std::erase(latches_, name) > 0) changes_.push_back({name, false});
}

bool contactor_model::in_attempt() const {
  return state_ == state::precharging || state_ == state::closing;
}

void contactor_model::observe(const device_values& device, std::int64_t now_us) {
  device_ = device;
  track(any_closed_us_, any_closed(device), now_us);
  track(not_conducting_us_, !conducting(device), now_us);
  track(feedback_unknown_us_, !known(device), now_us);
  if (state_ == state::precharging && device.minus_closed.value_or(false) &&
      device.precharge_closed.value_or(false)) {
    attempt_feedback_seen_ = true;
  }
}

const outputs& contactor_model::step(const device_values& device, std::int64_t now_us) {
  now_us = started_ ? std::max(now_us, last_us_) : now_us;
  if (!started_) entered_us_ = now_us;
  started_ = true;
  last_us_ = now_us;
  outputs_.changed = false;
  observe(device, now_us);
  // Every pass changes the state, and no way through the table is longer.
  for (std::size_t pass = 0; pass < state_count; ++pass) {
    bool moved = false;
    for (std::size_t each = 0; each < event_count && !moved; ++each) {
      const auto what = static_cast<event>(each);
      const auto next = next_state(state_, what);
      if (next == state_ || !holds(what, device, now_us)) continue;
      enter(next, what, device, now_us);
      moved = true;
    }
    if (!moved) break;
  }
  open_wanted_ = close_wanted_ = reset_wanted_ = false;
  outputs_.order = duty_of(state_).order;
  outputs_.lease = duty_of(state_).lease;
  return outputs_;
}

bool contactor_model::holds(event what, const device_values& device, std::int64_t now_us) const {
  switch (what) {
    case event::weld:
      return weld(device, now_us);
    case event::device_opened:
      return device_opened(device, now_us);
    case event::immediate_demand:
      return permit_.opening == messages::opening::immediate;
    case event::permit_lost:
      return permit_lost(now_us);
    case event::open_request:
      return open_wanted_;
    case event::feedback_lost:
      return lasts(feedback_unknown_us_, entered_us_, options_.feedback_lost_us, now_us);
    case event::current_gone:
      return device.current_a && std::abs(*device.current_a) < options_.break_current_a;
    case event::wait_over:
      return now_us - entered_us_ >= options_.reducing_us;
    case event::attempts_exhausted:
      return failed(now_us) && (attempt_feedback_seen_ && state_ == state::precharging
                                    ? precharge_failures_ + 1 >= options_.precharge_attempts
                                    : feedback_failures_ + 1 >= options_.feedback_attempts);
    case event::attempt_failed:
      return failed(now_us);
    case event::confirmed:
      return confirmed(device);
    case event::pause_over:
      return now_us - entered_us_ >= options_.pause_us;
    case event::close_request:
      return close_wanted_ && close_refusals().empty();
    case event::reset:
      return reset_wanted_;
  }
  return false;
}

bool contactor_model::weld(const device_values& device, std::int64_t now_us) const {
  // Right after a start the device may still live on the last lease and then
  // wait for the current to fall; only what stays closed longer is suspicious.
  const auto patience_us = state_ == state::starting
                               ? options_.lease_us + options_.reducing_us + options_.feedback_us
                               : options_.feedback_us;
  return any_closed(device) && lasts(any_closed_us_, entered_us_, patience_us, now_us);
}

bool contactor_model::device_opened(const device_values& device, std::int64_t now_us) const {
  if (in_attempt()) {
    // The flag may still be the one of before the attempt.
    return device.opened_by_lease.value_or(false) && now_us - entered_us_ >= options_.feedback_us;
  }
  if (device.opened_by_lease.value_or(false)) return true;
  return known(device) && lasts(not_conducting_us_, entered_us_, options_.feedback_us, now_us);
}

bool contactor_model::permit_lost(std::int64_t now_us) const {
  // The next attempt is a closing like the first.
  if (state_ == state::pause && !permit_.close_allowed) return true;
  return !permit_us_ || !permit_.granted || now_us - *permit_us_ >= options_.permit_silence_us;
}

bool contactor_model::failed(std::int64_t now_us) const {
  const auto elapsed_us = now_us - entered_us_;
  if (state_ == state::closing || !attempt_feedback_seen_) {
    return elapsed_us >= options_.feedback_us;
  }
  return elapsed_us >= options_.precharge_us;
}

bool contactor_model::confirmed(const device_values& device) const {
  switch (state_) {
    case state::starting:
      return loaded_ && all_open(device);
    case state::releasing:
      return all_open(device);
    case state::closing:
      return conducting(device);
    case state::precharging:
      return attempt_feedback_seen_ && device.rack_v && device.bus_v && device.current_a &&
             std::abs(*device.rack_v - *device.bus_v) < options_.precharge_tolerance_v &&
             std::abs(*device.current_a) < options_.precharge_current_a;
    default:
      return false;
  }
}

std::string contactor_model::reason_of_start(const device_values& device) const {
  if (device.opened_by_lease.value_or(false)) return died_closed_ ? lease_ran_out : lease_expired;
  return died_closed_ ? closed_at_end : outputs_.reason;
}

std::string contactor_model::reason_of(event cause, const device_values& device,
                                       std::int64_t now_us) const {
  switch (cause) {
    case event::weld:
      return contactor_weld;
    case event::device_opened:
      return device.opened_by_lease.value_or(false) ? lease_expired : "opened_by_device";
    case event::immediate_demand:
    case event::permit_lost:
      if (!permit_us_ || now_us - *permit_us_ >= options_.permit_silence_us) return "permit_silent";
      return permit_.reasons.empty() ? "permit_withdrawn" : permit_.reasons.front();
    case event::open_request:
      return open_reason_;
    case event::feedback_lost:
      return "feedback_lost";
    case event::attempts_exhausted:
    case event::attempt_failed:
      return state_ == state::precharging && attempt_feedback_seen_ ? precharge_failed
                                                                    : contactor_feedback;
    case event::close_request:
      return by_command;
    case event::reset:
      return by_reset;
    case event::confirmed:
      if (state_ == state::starting) return reason_of_start(device);
      break;
    // These go on with what was begun, for the same reason.
    case event::current_gone:
    case event::wait_over:
    case event::pause_over:
      break;
  }
  return outputs_.reason;
}

void contactor_model::enter(contactor::state next, event cause, const device_values& device,
                            std::int64_t now_us) {
  auto reason = reason_of(cause, device, now_us);
  if (cause == event::attempt_failed) {
    ++(reason == precharge_failed ? precharge_failures_ : feedback_failures_);
  }
  if (next == state::fault) latch(reason);
  if (reason == lease_expired || reason == lease_ran_out) latch(lease_expired);
  if (cause == event::close_request) {
    precharge_failures_ = feedback_failures_ = 0;
    unlatch(lease_expired);
  }
  if (cause == event::wait_over && device.current_a) latch(break_under_load);
  if (next == state::precharging) attempt_feedback_seen_ = false;
  const auto shown = duty_of(next).shown;
  outputs_.changed = outputs_.changed || shown != outputs_.shown || reason != outputs_.reason;
  outputs_.shown = shown;
  outputs_.reason = std::move(reason);
  state_ = next;
  entered_us_ = now_us;
}

} // namespace voltaic::actors::contactor
