#include "actors/contactor/evidence_model.hpp"

#include <algorithm>
#include <cmath>

namespace voltaic::actors::contactor {

namespace {

/// Feedback that is there forgives what was missing this many times slower: a contactor
/// that chatters counts as one that is open.
constexpr std::int64_t forgiving_share = 4;

// The start of what goes on, or nothing.
void track(std::optional<std::int64_t>& since_us, bool goes_on, std::int64_t now_us) {
  if (!goes_on) {
    since_us.reset();
  } else if (!since_us) {
    since_us = now_us;
  }
}

} // namespace

std::string_view to_string(side value) {
  return value == side::minus ? "minus" : "plus";
}

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

// The main contactors are in series, and precharge goes around plus.
std::optional<bool> interrupted(const device_values& device) {
  const bool bypassed = device.precharge_closed.value_or(false);
  if (device.minus_closed == false || (device.plus_closed == false && !bypassed)) return true;
  if (device.minus_closed == true && (device.plus_closed == true || bypassed)) return false;
  return std::nullopt;
}

void evidence_model::observe(state at, const device_values& device, std::int64_t now_us) {
  device_ = device;
  track(minus_us_, device.minus_closed.value_or(false), now_us);
  track(plus_us_, device.plus_closed.value_or(false), now_us);
  track(precharge_us_, device.precharge_closed.value_or(false), now_us);
  track(unknown_us_, !known(device), now_us);
  track(follows_us_, bus_follows(), now_us);
  if (at == state::precharging && device.minus_closed.value_or(false) &&
      device.precharge_closed.value_or(false)) {
    precharge_seen_ = true;
  }
  count_missing(at, now_us - last_us_);
  last_us_ = now_us;
}

void evidence_model::count_missing(state at, std::int64_t elapsed_us) {
  const bool carries =
      at == state::closed || at == state::reducing || at == state::opening_precharge;
  const bool charges = at == state::precharging && precharge_seen_;
  if (!known(device_) || (!carries && !charges)) return;
  const bool there =
      carries ? conducting(device_)
              : device_.minus_closed.value_or(false) && device_.precharge_closed.value_or(false);
  missing_us_ = there ? std::max<std::int64_t>(missing_us_ - elapsed_us / forgiving_share, 0)
                      : missing_us_ + elapsed_us;
}

void evidence_model::enter(std::int64_t ordered_us, side first) {
  ordered_us_ = ordered_us;
  first_ = first;
  missing_us_ = 0;
  precharge_seen_ = false;
}

bool evidence_model::lasts(const std::optional<std::int64_t>& since_us, std::int64_t duration_us,
                           std::int64_t now_us) const {
  return since_us && now_us - std::max(*since_us, ordered_us_) >= duration_us;
}

std::string_view evidence_model::stuck(std::int64_t patience_us, std::int64_t now_us) const {
  if (lasts(minus_us_, patience_us, now_us)) return "minus";
  if (lasts(plus_us_, patience_us, now_us)) return "plus";
  if (lasts(precharge_us_, patience_us, now_us)) return "precharge";
  return {};
}

std::string_view evidence_model::weld(state at, std::int64_t now_us) const {
  switch (at) {
    case state::starting:
      // The device may still live on the last lease and then wait for the current to
      // fall; only what stays closed longer is suspicious.
      return stuck(rules_.lease_us + rules_.reducing_us + rules_.feedback_us, now_us);
    case state::closing_minus:
    case state::precharging:
      return lasts(plus_us_, rules_.feedback_us, now_us) ? "plus" : "";
    case state::closing_plus:
      return {};
    case state::opening_precharge:
    case state::closed:
    case state::reducing:
      return lasts(precharge_us_, rules_.feedback_us, now_us) ? "precharge" : "";
    case state::opening_first:
      return lasts(first_ == side::minus ? minus_us_ : plus_us_, rules_.feedback_us, now_us)
                 ? to_string(first_)
                 : "";
    case state::open:
    case state::verifying:
      if (lasts(follows_us_, rules_.decay_us, now_us)) return "bus";
      break;
    case state::pause:
    case state::opening_second:
    case state::unconfirmed:
    case state::fault:
      break;
  }
  return stuck(rules_.feedback_us, now_us);
}

// A bus that others feed may stand at any voltage.
bool evidence_model::bus_follows() const {
  return !rules_.shares_bus && device_.rack_v && device_.bus_v &&
         std::abs(*device_.bus_v) >= rules_.live_bus_v &&
         std::abs(*device_.rack_v - *device_.bus_v) < rules_.decay_v;
}

bool evidence_model::bus_agrees() const {
  return !bus_follows();
}

bool evidence_model::is_blind(std::int64_t now_us) const {
  return lasts(unknown_us_, rules_.feedback_lost_us, now_us);
}

} // namespace voltaic::actors::contactor
