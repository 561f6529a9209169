#include "actors/simulator/canopen_battery_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "messages/canopen/emergency.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/sdo_frame.hpp"

namespace voltaic::actors::simulator {
namespace {

namespace canopen = messages::canopen;
using canopen::nmt_state;
using canopen::object_address;
using canopen::service;

constexpr std::int64_t us_per_ms = 1'000;
constexpr std::uint16_t pdos = 9;
constexpr std::uint16_t charger_status_ms = 200;
constexpr std::uint16_t order_bits = 64;
constexpr double rest_cell_v = 3.3;
constexpr double temperature_step_c = 0.125;
constexpr double voltage_steps_per_v = 1024;
constexpr double charge_steps_per_a = 16;
constexpr double tenths = 10;
constexpr double mv_per_v = 1'000;
constexpr std::int64_t lease_step_us = 10'000;
constexpr std::int64_t lease_steps_max = 255;
constexpr std::uint16_t storm_first = 0x5000;

constexpr object_address heartbeat_time{0x1017, 0};
constexpr object_address vendor{0x1018, 1};
constexpr object_address status{0x6000, 0};
constexpr object_address temperature{0x6010, 0};
constexpr object_address voltage{0x6060, 0};
constexpr object_address charge_current{0x6070, 0};
constexpr object_address soc{0x6081, 0};
constexpr std::uint16_t contactors = 0x2100;
constexpr std::uint16_t electric = 0x2101;
constexpr std::uint16_t cell_voltages = 0x2102;
constexpr object_address orders{0x2110, 0};

std::uint64_t rounded(double value, std::uint64_t mask) {
  return static_cast<std::uint64_t>(std::llround(value)) & mask;
}

} // namespace

canopen_battery_model::canopen_battery_model(std::uint8_t node) : node_(node), pdo_due_us_(pdos) {
  cell_v_.fill(rest_cell_v);
  begin_anew();
}

void canopen_battery_model::fill() {
  objects_.add({0x1000, 0}, canopen_battery_type, 4);
  objects_.add({0x1001, 0}, 0, 1);
  objects_.add(heartbeat_time, 0, 2, true);
  objects_.add({0x1018, 0}, 4, 1);
  objects_.add(vendor, canopen_battery_vendor, 4);
  objects_.add({0x1018, 2}, canopen_battery_product, 4);
  objects_.add({0x1018, 3}, canopen_battery_revision, 4);
  objects_.add({0x1018, 4}, 1'000u + node_, 4);
  objects_.add(status, 1, 1, false, 8);
  objects_.add({0x6001, 0}, 0, 1, true, 8);
  objects_.add(temperature, 0, 2, false, 16);
  objects_.add({0x6020, 2}, 100, 2); // Ah
  objects_.add(voltage, 0, 4, false, 32);
  objects_.add(charge_current, 0, 2, false, 16);
  objects_.add(soc, 0, 1, false, 8);
  const auto add_part = [&](std::uint16_t index, std::uint8_t subindex, std::uint8_t bits) {
    objects_.add({index, subindex}, 0, (bits + 7u) / 8, false, bits);
  };
  add_part(contactors, 1, 8);                                       // state
  for (std::uint8_t i = 2; i <= 4; ++i) add_part(contactors, i, 1); // minus, plus, precharge
  add_part(contactors, 5, 16);                                      // epoch
  add_part(contactors, 6, 16);                                      // counter
  add_part(contactors, 7, 8);                                       // what is left of the lease
  add_part(contactors, 8, 1);                                       // opened by it
  add_part(electric, 1, 16);                                        // current
  add_part(electric, 2, 16);                                        // voltage behind the contactors
  for (std::size_t i = 0; i < cells; ++i)
    add_part(cell_voltages, static_cast<std::uint8_t>(i + 1), 16);
  objects_.add(orders, 0, 8, true, order_bits);
}

void canopen_battery_model::begin_anew() {
  fill();
  const auto cob = [&](service what, std::uint8_t number) {
    return canopen::cob_id({what, node_, number});
  };
  // As CiA 418 has them; what the maker adds is off until somebody maps it.
  objects_.add_pdo({true, 0}, cob(service::transmit_pdo, 1), charger_status_ms,
                   {{temperature, 16}, {status, 8}});
  objects_.add_pdo({true, 1}, cob(service::transmit_pdo, 2), charger_status_ms,
                   {{temperature, 16}, {status, 8}, {voltage, 32}});
  objects_.add_pdo({true, 2}, cob(service::transmit_pdo, 3), charger_status_ms,
                   {{charge_current, 16}, {soc, 8}});
  objects_.add_pdo({true, 3}, cob(service::transmit_pdo, 4), 0, {});
  for (std::uint16_t i = 4; i < pdos; ++i) objects_.add_pdo({true, i}, 0, 0, {});
  objects_.add_pdo({false, 0}, cob(service::receive_pdo, 1), 0, {{{0x6001, 0}, 8}});
  state_ = nmt_state::boot_up;
  boots_us_.reset();
  guard_toggle_ = false;
}

double canopen_battery_model::voltage_v() const {
  return std::accumulate(cell_v_.begin(), cell_v_.end(), 0.0);
}

std::vector<messages::can::frame> canopen_battery_model::step(
    std::int64_t now_us, std::span<const messages::can::frame> received) {
  if (std::exchange(reset_wanted_, false)) begin_anew();
  answers_.clear();
  if (!boots_us_) boots_us_ = now_us + boot_us;
  for (const auto& frame : received) hear(frame, now_us);
  controller_.step(now_us, voltage_v());
  measure(now_us);
  frames out = std::move(answers_);
  if (state_ != nmt_state::boot_up && !is_mute_) {
    server_.tick(now_us);
    while (const auto said = server_.next_frame(now_us)) {
      messages::can::frame frame;
      frame.id = canopen::cob_id({service::sdo_response, node_});
      frame.length = canopen::sdo_bytes;
      std::ranges::copy(*said, frame.data.begin());
      out.push_back(frame);
    }
  }
  say_alive(now_us, out);
  say_emergencies(out);
  say_pdos(now_us, out);
  if (is_silent_) out.clear();
  return out;
}

void canopen_battery_model::hear(const messages::can::frame& frame, std::int64_t now_us) {
  if (frame.extended || frame.error || is_silent_) return;
  const auto payload = std::span(frame.data).first(std::min<std::size_t>(frame.length, 8));
  const auto place = canopen::classify(frame.id);
  if (!place) return;
  if (place->what == service::nmt) {
    const auto order = canopen::read_nmt(payload);
    if (order && (order->node == 0 || order->node == node_)) obey(*order);
    return;
  }
  if (place->node != node_ || state_ == nmt_state::boot_up) return;
  if (place->what == service::error_control && frame.remote) {
    answers_.push_back(canopen::make_error_control(node_, {state_, guard_toggle_}));
    guard_toggle_ = !guard_toggle_;
  } else if (place->what == service::sdo_request && state_ != nmt_state::stopped) {
    server_.receive(payload, now_us);
    // One answer a frame, as devices do.
    while (const auto said = is_mute_ ? std::nullopt : server_.next_frame(now_us)) {
      messages::can::frame answer;
      answer.id = canopen::cob_id({service::sdo_response, node_});
      answer.length = canopen::sdo_bytes;
      std::ranges::copy(*said, answer.data.begin());
      answers_.push_back(answer);
    }
  } else if (place->what == service::receive_pdo && state_ == nmt_state::operational &&
             frame.id == objects_.get({0x1400, 1}) &&
             objects_.get({0x1600, 1}) == canopen::mapping_entry({orders, order_bits})) {
    controller_.take_order(frame, now_us);
  }
}

void canopen_battery_model::obey(const canopen::nmt_order& order) {
  if (state_ == nmt_state::boot_up) return;
  state_ = canopen::state_after(order.command);
  if (state_ == nmt_state::boot_up) begin_anew();
}

void canopen_battery_model::measure(std::int64_t now_us) {
  constexpr std::uint64_t word = 0xFFFF;
  objects_.set(temperature, rounded(temperature_c_ / temperature_step_c, word));
  objects_.set(voltage, rounded(voltage_v() * voltage_steps_per_v, 0xFFFF'FFFF));
  objects_.set(charge_current, rounded(charge_current_a_ * charge_steps_per_a, word));
  objects_.set(soc, rounded(soc_percent_, 0xFF));
  objects_.set({contactors, 1}, static_cast<std::uint64_t>(controller_.state()));
  using contactor = rack_controller_model::contactor;
  objects_.set({contactors, 2}, controller_.feedback(contactor::minus) ? 1 : 0);
  objects_.set({contactors, 3}, controller_.feedback(contactor::plus) ? 1 : 0);
  objects_.set({contactors, 4}, controller_.feedback(contactor::precharge) ? 1 : 0);
  objects_.set({contactors, 5}, controller_.epoch());
  objects_.set({contactors, 6}, controller_.counter());
  objects_.set({contactors, 7},
               static_cast<std::uint64_t>(
                   std::min(controller_.lease_left_us(now_us) / lease_step_us, lease_steps_max)));
  objects_.set({contactors, 8}, controller_.opened_by_lease() ? 1 : 0);
  objects_.set({electric, 1}, rounded(current_a_ * tenths, word));
  objects_.set({electric, 2}, rounded(controller_.bus_v() * tenths, word));
  for (std::size_t i = 0; i < cells; ++i)
    objects_.set({cell_voltages, static_cast<std::uint8_t>(i + 1)},
                 rounded(cell_v_[i] * mv_per_v, word));
  objects_.set(vendor, is_other_ ? canopen_battery_vendor + 1 : canopen_battery_vendor);
  objects_.set_operational(state_ == nmt_state::operational);
}

void canopen_battery_model::say_alive(std::int64_t now_us, frames& out) {
  if (state_ == nmt_state::boot_up) {
    if (now_us < *boots_us_) return;
    out.push_back(canopen::make_error_control(node_, {nmt_state::boot_up, false}));
    state_ = nmt_state::pre_operational;
    heartbeat_due_us_ = now_us;
    std::ranges::fill(pdo_due_us_, now_us);
    return;
  }
  const auto period_us = static_cast<std::int64_t>(objects_.get(heartbeat_time)) * us_per_ms;
  if (period_us == 0 || now_us < heartbeat_due_us_) return;
  heartbeat_due_us_ = std::max(heartbeat_due_us_ + period_us, now_us);
  const auto said = canopen::make_error_control(node_, {state_, false});
  out.push_back(said);
  if (is_two_) out.push_back(said);
}

void canopen_battery_model::say_emergencies(frames& out) {
  if (state_ == nmt_state::boot_up || state_ == nmt_state::stopped) return;
  if (const auto code = std::exchange(emergency_, {}))
    out.push_back(
        canopen::make_emergency(node_, {*code, static_cast<std::uint8_t>(*code == 0 ? 0 : 1), {}}));
  if (storms_)
    out.push_back(canopen::make_emergency(
        node_, {static_cast<std::uint16_t>(storm_first + (storm_++ & 0xFF)), 1, {}}));
}

void canopen_battery_model::say_pdos(std::int64_t now_us, frames& out) {
  if (state_ != nmt_state::operational) return;
  for (std::uint16_t i = 0; i < pdos; ++i) {
    const auto record = static_cast<std::uint16_t>(0x1800 + i);
    const auto period_us = static_cast<std::int64_t>(objects_.get({record, 5})) * us_per_ms;
    if (period_us == 0 || now_us < pdo_due_us_[i]) continue;
    const auto payload = objects_.pack(i);
    if (!payload) continue;
    pdo_due_us_[i] = std::max(pdo_due_us_[i] + period_us, now_us);
    messages::can::frame frame;
    frame.id = static_cast<std::uint32_t>(objects_.get({record, 1}) & 0x7FF);
    frame.length = static_cast<std::uint8_t>(payload->size());
    std::ranges::copy(*payload, frame.data.begin());
    out.push_back(frame);
  }
}

bool canopen_battery_model::set(std::string_view point, std::optional<std::uint32_t> index,
                                equipment_effect effect, double value) {
  const bool released = effect == equipment_effect::release;
  if (point.empty()) {
    if (effect != equipment_effect::silent && !released) return false;
    is_silent_ = !released;
    return true;
  }
  if (effect != equipment_effect::value && !released) return false;
  const bool is_on = !released && value != 0;
  const auto flag = [&](bool& target) {
    target = is_on;
    return true;
  };
  if (point == "reset") return flag(reset_wanted_);
  if (point == "wrong_identity") return flag(is_other_);
  if (point == "emergency_storm") return flag(storms_);
  if (point == "sdo_silent") return flag(is_mute_);
  if (point == "second_node") return flag(is_two_);
  if (point == "sdo_abort") {
    objects_.refuse_writes(is_on ? std::optional(canopen::abort_code::local_control)
                                 : std::nullopt);
    return true;
  }
  if (point == "emergency") {
    if (value < 0 || value > UINT16_MAX) return false;
    emergency_ = static_cast<std::uint16_t>(value);
    return true;
  }
  if (point == "cell_voltage") {
    if (index && *index >= cells) return false;
    const double wanted = released ? rest_cell_v : value;
    if (index)
      cell_v_[*index] = wanted;
    else
      cell_v_.fill(wanted);
    return true;
  }
  const auto lay = [&](double& target, double usual) {
    target = released ? usual : value;
    return true;
  };
  if (point == "cell_temperature") return lay(temperature_c_, 25);
  if (point == "current") return lay(current_a_, 0);
  if (point == "soc") return lay(soc_percent_, 50);
  return false;
}

} // namespace voltaic::actors::simulator
