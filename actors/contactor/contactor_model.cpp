#include "actors/contactor/contactor_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace voltaic::actors::contactor {

namespace {

/// A smaller current counts as none: it wears no contact.
constexpr double no_current_a = 1;

} // namespace

bool is_opening(state of) {
  return of == state::reducing || of == state::opening_first || of == state::opening_second ||
         of == state::unconfirmed || of == state::verifying;
}

contactor_model::contactor_model(contactor_options options)
    : options_(std::move(options)), evidence_(options_), heat_(options_) {
  assert(options_.validate().empty());
  outputs_.shown = duty_of(state_).shown;
  outputs_.reason = "start";
}

void contactor_model::load_wear(const wear& counted, double heat_share, std::int64_t passed_us) {
  wear_ = counted;
  heat_.load(heat_share, passed_us);
}

bool contactor_model::take_permit(const messages::permit& word, std::int64_t time_us) {
  const bool newer =
      word.epoch > permit_.epoch || (word.epoch == permit_.epoch && word.counter > permit_.counter);
  if (permit_us_ && !newer) return false;
  permit_ = word;
  permit_us_ = time_us;
  return true;
}

void contactor_model::take_inputs(std::vector<active_input> active) {
  inputs_ = std::move(active);
  for (const auto& each : inputs_) {
    if (each.locks && latch(each.name)) locked_by_ = each.name;
  }
}

void contactor_model::request_open(std::string reason) {
  open_wanted_ = true;
  close_wanted_ = false;
  open_reason_ = std::move(reason);
}

bool contactor_model::in_attempt() const {
  return state_ == state::closing_minus || state_ == state::precharging ||
         state_ == state::closing_plus || state_ == state::opening_precharge;
}

bool contactor_model::carries() const {
  return state_ == state::closed || state_ == state::reducing || state_ == state::opening_precharge;
}

const active_input* contactor_model::find_input(bool locks) const {
  const auto found = std::ranges::find(inputs_, locks, &active_input::locks);
  return found == inputs_.end() ? nullptr : &*found;
}

std::string contactor_model::stop_reason() const {
  const auto found = std::ranges::find_if(
      inputs_, [](const active_input& one) { return !one.locks && one.unheard_as.empty(); });
  return found == inputs_.end() ? find_input(false)->unheard_as : found->name;
}

std::string contactor_model::locking_input() const {
  if (!locked_by_.empty()) return locked_by_;
  const auto* input = find_input(true);
  return input == nullptr ? std::string() : input->name;
}

void contactor_model::observe(const device_values& device, std::int64_t now_us) {
  const auto elapsed_us = now_us - last_us_;
  device_ = device;
  if (device.current_a) {
    last_current_a_ = device.current_a;
    last_current_us_ = now_us;
  }
  evidence_.observe(state_, device, now_us);
  wear_.precharge_energy_j += heat_.step(state_ == state::precharging, device, elapsed_us);
  last_us_ = now_us;
}

bool contactor_model::is_known_open() const {
  return (state_ == state::open || state_ == state::fault) && all_open(device_);
}

// Minus, and plus or the resistor around it, lie in series.
std::optional<bool> contactor_model::joined() const {
  if (outputs_.lease) return true;
  const auto& minus = device_.minus_closed;
  const auto& plus = device_.plus_closed;
  const auto& around = device_.precharge_closed;
  if (minus == false || (plus == false && around == false)) return false;
  if (minus == true && (plus == true || around == true)) return true;
  return std::nullopt;
}

const outputs& contactor_model::step(const device_values& device, std::int64_t now_us,
                                     std::int64_t lag_us) {
  lag_us_ = lag_us;
  now_us = started_ ? std::max(now_us, last_us_) : now_us;
  if (!started_) last_us_ = now_us;
  started_ = true;
  outputs_.changed = false;
  observe(device, now_us);
  if (state_ == state::pause && now_us >= next_attempt_us_ && !heat_.has_room(device_)) {
    request_open(precharge_hot);
  }
  // Every pass changes the state, and no way through the table is longer.
  for (std::size_t pass = 0; pass < state_count; ++pass) {
    bool moved = false;
    for (std::size_t each = 0; each < event_count && !moved; ++each) {
      const auto what = static_cast<event>(each);
      assert(cell_of(state_, what).why != stay::impossible || !holds(what, now_us));
      const auto next = next_state(state_, what);
      if (next == state_ || !holds(what, now_us)) continue;
      enter(next, what, now_us);
      moved = true;
    }
    if (!moved) break;
  }
  // What locked it may not be all that is wrong.
  if (state_ == state::fault && !evidence_.weld(state_, now_us).empty()) latch(contactor_weld);
  tell_lock();
  open_wanted_ = close_wanted_ = reset_wanted_ = false;
  order();
  return outputs_;
}

void contactor_model::order() {
  using messages::contactor_order;
  outputs_.order = duty_of(state_).order;
  outputs_.lease = duty_of(state_).lease;
  const bool is_single = takes_single_orders();
  if (state_ == state::closing_minus && is_single) outputs_.order = contactor_order::minus;
  if (state_ != state::opening_first) return;
  // What was ordered to open as a whole is not ordered to keep one contactor closed again.
  opens_as_a_whole_ = opens_as_a_whole_ || !is_single;
  if (opens_as_a_whole_) return;
  outputs_.order = first_ == side::plus ? contactor_order::minus : contactor_order::plus;
}

bool contactor_model::holds(event what, std::int64_t now_us) const {
  switch (what) {
    case event::weld:
      return !evidence_.weld(state_, now_us).empty();
    case event::fire:
      return !locking_input().empty();
    case event::stop_input:
      return find_input(false) != nullptr;
    case event::device_opened:
      return device_opened(now_us);
    case event::immediate_demand:
      return permit_.opening == messages::opening::immediate;
    case event::permit_lost:
      return permit_lost(now_us);
    case event::open_request:
      return open_wanted_;
    case event::feedback_lost:
      return evidence_.is_blind(now_us);
    case event::opening_overdue:
      return now_us - opening_us_ >= options_.open_us;
    case event::current_gone:
      return device_.current_a && std::abs(*device_.current_a) < options_.break_current_a;
    case event::wait_over:
      return now_us - entered_us_ >= options_.reducing_us;
    case event::attempts_exhausted:
      return failed(now_us) && is_last_attempt();
    case event::attempt_failed:
      return failed(now_us);
    case event::confirmed:
      return confirmed();
    case event::pause_over:
      // Without feedback it waits; where that does not come back, `feedback_lost` ends it.
      return now_us >= next_attempt_us_ && !is_attempt_held_ && known(device_);
    case event::close_request:
      return close_wanted_ && wait_us() == 0 && close_refusals().empty();
    case event::early_request:
      return close_wanted_ && wait_us() > 0 && close_refusals().empty();
    case event::reset:
      return reset_wanted_;
  }
  return false;
}

bool contactor_model::device_opened(std::int64_t now_us) const {
  // In an attempt the flag may still be the one of before.
  const bool flag_counts = !in_attempt() || now_us - attempt_us_ >= options_.feedback_us;
  if (flag_counts && device_.opened_by_lease.value_or(false)) return true;
  return (state_ == state::closed || state_ == state::reducing) && evidence_.dropped();
}

bool contactor_model::permit_lost(std::int64_t now_us) const {
  // The next attempt is a closing like the first.
  if (state_ == state::pause && !permit_.close_allowed) return true;
  return !permit_us_ || !permit_.granted || now_us - *permit_us_ >= options_.permit_silence_us;
}

bool contactor_model::failed(std::int64_t now_us) const {
  if (now_us - attempt_us_ >= options_.close_us || evidence_.dropped()) return true;
  const bool awaits_voltage = state_ == state::precharging && evidence_.precharge_seen();
  return now_us - entered_us_ >= (awaits_voltage ? options_.precharge_us : options_.feedback_us);
}

bool contactor_model::is_precharge_failure() const {
  return state_ == state::precharging && evidence_.precharge_seen() && !evidence_.dropped();
}

bool contactor_model::is_last_attempt() const {
  return is_precharge_failure() ? precharge_failures_ + 1 >= options_.precharge_attempts
                                : feedback_failures_ + 1 >= options_.feedback_attempts;
}

bool contactor_model::confirmed() const {
  switch (state_) {
    case state::starting:
      return loaded_ && all_open(device_);
    case state::closing_minus:
      return device_.minus_closed.value_or(false);
    case state::precharging:
      return evidence_.precharge_seen() && device_.rack_v && device_.bus_v && device_.current_a &&
             std::abs(*device_.rack_v - *device_.bus_v) < options_.precharge_tolerance_v &&
             std::abs(*device_.current_a) < options_.precharge_current_a;
    case state::closing_plus:
      return conducting(device_);
    case state::opening_precharge:
      return conducting(device_) && device_.precharge_closed == false;
    case state::opening_first: {
      const auto& closed = first_ == side::minus ? device_.minus_closed : device_.plus_closed;
      return closed == false || (!closed && last_us_ - entered_us_ >= options_.feedback_us);
    }
    case state::opening_second:
    case state::unconfirmed:
      return all_open(device_);
    case state::verifying:
      return all_open(device_) && evidence_.bus_agrees();
    default:
      return false;
  }
}

std::string contactor_model::reason_of_start() const {
  if (device_.opened_by_lease.value_or(false)) return died_closed_ ? lease_ran_out : lease_expired;
  return died_closed_ ? closed_at_end : outputs_.reason;
}

std::string contactor_model::reason_of(event cause, std::int64_t now_us) const {
  switch (cause) {
    case event::weld:
      return contactor_weld;
    case event::fire:
      return locking_input();
    case event::stop_input:
      return stop_reason();
    case event::device_opened:
      return device_.opened_by_lease.value_or(false) ? lease_expired : "opened_by_device";
    case event::immediate_demand:
    case event::permit_lost:
      if (!permit_us_ || now_us - *permit_us_ >= options_.permit_silence_us) return "permit_silent";
      return permit_.reasons.empty() ? "permit_withdrawn" : permit_.reasons.front();
    case event::open_request:
      return open_reason_;
    case event::feedback_lost:
      return "feedback_lost";
    case event::opening_overdue:
      return opening_overdue;
    case event::attempts_exhausted:
    case event::attempt_failed:
      return is_precharge_failure() ? precharge_failed : contactor_feedback;
    case event::close_request:
      return by_command;
    case event::early_request:
      return close_spacing;
    case event::reset:
      return by_reset;
    case event::confirmed:
      if (state_ == state::starting) return reason_of_start();
      break;
    case event::pause_over:
      if (outputs_.reason == close_spacing) return by_command;
      break;
    // These go on with what was begun, for the same reason.
    case event::current_gone:
    case event::wait_over:
      break;
  }
  return outputs_.reason;
}

// Of a closing, and of an attempt of it.
void contactor_model::begin(contactor::state next, event cause, std::int64_t now_us) {
  const bool is_asked = cause == event::close_request || cause == event::early_request;
  // A wish is fulfilled once: what ends its outcome in the same step ends it for good.
  if (is_asked) close_wanted_ = false;
  if (cause == event::reset) reset_wanted_ = false;
  if (is_asked) precharge_failures_ = feedback_failures_ = 0;
  if (next == state::pause) {
    is_attempt_held_ = false;
    next_attempt_us_ = now_us + (is_asked ? wait_us() : options_.pause_us);
  }
  if (next == state::closing_minus) {
    attempt_us_ = now_us;
    if (precharge_failures_ + feedback_failures_ == 0) closing_us_ = now_us;
  }
  if (next == state::precharging) heat_.begin_attempt();
  if (is_opening(next) && !is_opening(state_)) opening_us_ = now_us;
  if (next == state::opening_first) {
    first_ = device_.current_a.value_or(0) < 0 ? side::minus : side::plus;
    opens_as_a_whole_ = false;
  }
}

void contactor_model::count(contactor::state next) {
  if (next == state::closed) ++wear_.operations;
  const bool breaks = carries() && next != state::closed && next != state::reducing;
  const double current_a = std::abs(device_.current_a.value_or(options_.rated_current_a));
  if (!breaks || current_a < no_current_a) return;
  ++wear_.breaks;
  wear_.break_current_a += current_a;
}

void contactor_model::enter(contactor::state next, event cause, std::int64_t now_us) {
  auto reason = reason_of(cause, now_us);
  const auto which = cause == event::weld ? evidence_.weld(state_, now_us) : std::string_view();
  if (cause == event::attempt_failed) {
    ++(reason == precharge_failed ? precharge_failures_ : feedback_failures_);
  }
  latch_for(next, cause, reason);
  begin(next, cause, now_us);
  count(next);
  const auto shown = duty_of(next).shown;
  if (reason != outputs_.reason || !which.empty()) outputs_.contactor = which;
  outputs_.changed = outputs_.changed || shown != outputs_.shown || reason != outputs_.reason;
  outputs_.shown = shown;
  outputs_.reason = std::move(reason);
  // Without single orders all were ordered open with the first.
  const bool is_ordered = state_ == state::opening_first && opens_as_a_whole_;
  state_ = next;
  entered_us_ = now_us;
  if (!is_ordered) evidence_.enter(now_us + lag_us_, first_);
}

} // namespace voltaic::actors::contactor
