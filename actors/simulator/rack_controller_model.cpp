#include "actors/simulator/rack_controller_model.hpp"

#include <algorithm>
#include <cmath>

#include "actors/simulator/checksum.hpp"

namespace voltaic::actors::simulator {
namespace {

constexpr std::uint8_t order_length = 8;
constexpr double precharged_share = 0.95;

std::uint16_t u16(const messages::can::frame& item, std::size_t at) {
  return static_cast<std::uint16_t>(item.data[at] | item.data[at + 1] << 8);
}

/// Distance on a counter that wraps.
int ahead(std::uint16_t value, std::uint16_t reference) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(value - reference));
}

} // namespace

rack_controller_model::rack_controller_model(const options& values) : options_(values) {
  if (!options_.initially_closed) return;
  state_ = contactor_state::closed;
  contactors_[static_cast<std::size_t>(contactor::minus)] = {true, true, 0};
  contactors_[static_cast<std::size_t>(contactor::plus)] = {true, true, 0};
}

bool rack_controller_model::feedback(contactor which) const {
  return contactors_[static_cast<std::size_t>(which)].feedback;
}

std::int64_t rack_controller_model::lease_left_us(std::int64_t now_us) const {
  if (!lease_until_us_) return 0;
  return std::max<std::int64_t>(0, *lease_until_us_ - now_us);
}

bool rack_controller_model::fresh(std::uint16_t epoch, std::uint16_t counter) {
  if (epoch_) {
    const int age = ahead(epoch, *epoch_);
    if (age < 0) {
      ++fenced_;
      return false;
    }
    if (age == 0 && ahead(counter, counter_) <= 0) {
      ++refused_;
      return false;
    }
  }
  epoch_ = epoch;
  counter_ = counter;
  return true;
}

void rack_controller_model::take_order(const messages::can::frame& order, std::int64_t time_us) {
  const bool whole = order.length == order_length && !order.remote && !order.error &&
                     order.data[7] == crc8({order.data.data(), 7});
  const bool sensible = whole && order.data[4] <= static_cast<std::uint8_t>(command::plus) &&
                        order.data[5] <= 1 && order.data[6] == 0;
  if (!sensible) {
    ++refused_;
    return;
  }
  take(u16(order, 0), u16(order, 2), static_cast<command>(order.data[4]), order.data[5] == 1,
       time_us);
}

void rack_controller_model::take(std::uint16_t epoch, std::uint16_t counter, command what,
                                 bool lease, std::int64_t time_us) {
  if (fresh(epoch, counter)) take(what, lease, time_us);
}

void rack_controller_model::take(command what, bool lease, std::int64_t time_us) {
  lapse(time_us); // a late order does not revive what had lapsed before it came
  if (lease) lease_until_us_ = time_us + options_.lease_us;
  // Without a permission an order may only open.
  if (lease || only_opens(what)) obey(what, time_us);
}

bool rack_controller_model::only_opens(command what) const {
  const bool is_single = what == command::minus || what == command::plus;
  return what == command::open || (is_single && state_ == contactor_state::closed);
}

void rack_controller_model::begin_precharge(bool minus_alone, std::int64_t time_us) {
  const bool goes_on = state_ == contactor_state::precharge && !minus_alone;
  if (!goes_on && (state_ != contactor_state::open || !armed_)) return;
  const auto& resistor = contactors_[static_cast<std::size_t>(contactor::precharge)];
  if (goes_on && resistor.commanded) return;
  state_ = contactor_state::precharge;
  precharge_since_us_ = time_us;
  armed_ = false;
  close_wanted_ = false;
  opened_by_lease_ = false;
  command_contactors(true, false, !minus_alone, time_us);
}

void rack_controller_model::obey(command what, std::int64_t time_us) {
  switch (what) {
    case command::open:
      if (state_ != contactor_state::open) open(contactor_state::open, time_us);
      armed_ = true;
      return;
    case command::precharge:
      return begin_precharge(false, time_us);
    case command::close:
      if (state_ == contactor_state::precharge) close_wanted_ = true;
      return;
    case command::minus:
      if (state_ != contactor_state::closed) return begin_precharge(true, time_us);
      return command_contactors(true, false, false, time_us);
    case command::plus:
      if (state_ == contactor_state::closed) command_contactors(false, true, false, time_us);
      return;
  }
}

void rack_controller_model::command_contactors(bool minus, bool plus, bool precharge,
                                               std::int64_t time_us) {
  const std::array<bool, contactor_count> wanted{minus, plus, precharge};
  for (std::size_t i = 0; i < contactor_count; ++i) {
    if (contactors_[i].commanded == wanted[i]) continue;
    contactors_[i].commanded = wanted[i];
    contactors_[i].changed_us = time_us;
  }
}

void rack_controller_model::open(contactor_state next, std::int64_t time_us) {
  state_ = next;
  armed_ = false;
  close_wanted_ = false;
  command_contactors(false, false, false, time_us);
}

void rack_controller_model::lapse(std::int64_t now_us) {
  const bool energised = state_ == contactor_state::precharge || state_ == contactor_state::closed;
  if (!energised || !lease_until_us_ || now_us < *lease_until_us_) return;
  open(contactor_state::open, now_us);
  opened_by_lease_ = true;
}

void rack_controller_model::move_bus_voltage(std::int64_t elapsed_us, double rack_v,
                                             const std::optional<live_bus>& others) {
  const bool joined = feedback(contactor::minus);
  if (joined && feedback(contactor::plus)) {
    const auto live = others.value_or(live_bus{});
    bus_v_ = (rack_v + live.voltage_v * live.racks) / (1 + live.racks);
    return;
  }
  if (others) {
    bus_v_ = others->voltage_v;
    return;
  }
  const bool charging = joined && feedback(contactor::precharge) && !is_bus_loaded_;
  const double target_v = charging ? rack_v : 0;
  const double constant_us =
      charging ? options_.precharge_time_constant_us : options_.discharge_time_constant_us;
  bus_v_ += (target_v - bus_v_) * (1 - std::exp(-static_cast<double>(elapsed_us) / constant_us));
}

void rack_controller_model::move(switching& each) {
  const bool was_closed = each.feedback;
  each.feedback = each.commanded;
  if (each.harmed == damage::welded) each.feedback = each.commanded || was_closed;
  if (each.harmed == damage::stuck) each.feedback = false;
}

void rack_controller_model::step(std::int64_t now_us, double rack_v,
                                 const std::optional<live_bus>& others) {
  // A rack that starts closed has one whole lease to find its edge.
  if (!last_us_ && options_.initially_closed) lease_until_us_ = now_us + options_.lease_us;
  const std::int64_t elapsed_us = last_us_ ? now_us - *last_us_ : 0;
  last_us_ = now_us;
  lapse(now_us);
  if (state_ == contactor_state::precharge) {
    const bool charged = feedback(contactor::precharge) && bus_v_ >= precharged_share * rack_v;
    if (close_wanted_ && charged) {
      state_ = contactor_state::closed;
      command_contactors(true, true, false, now_us);
    } else if (now_us - precharge_since_us_ > options_.precharge_max_us) {
      open(contactor_state::fault, now_us);
    }
  }
  for (switching& each : contactors_) {
    if (now_us - each.changed_us >= options_.feedback_delay_us) move(each);
  }
  move_bus_voltage(elapsed_us, rack_v, others);
}

} // namespace voltaic::actors::simulator
