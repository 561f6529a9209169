#include "actors/simulator/simulated_rack_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace voltaic::actors::simulator {
namespace {

using messages::can::frame;

// Identifiers of the rack's frames, before the offset.
constexpr std::uint32_t order_id = 0x080;
constexpr std::uint32_t set_charge_limit_id = 0x082;
constexpr std::uint32_t set_discharge_limit_id = 0x083;
constexpr std::uint32_t status_id = 0x084;
constexpr std::uint32_t values_id = 0x085;
constexpr std::uint32_t limits_id = 0x086;
constexpr std::uint32_t first_cells_id = 0x088;
constexpr std::uint32_t first_temperatures_id = 0x100;

constexpr std::uint32_t values_per_frame = 4;
constexpr std::uint32_t cell_frames = cells / values_per_frame;
constexpr std::uint32_t temperature_frames = temperatures / values_per_frame;

// Periods, in slots of 10 ms.
constexpr std::int64_t status_slots = 10;
constexpr std::int64_t temperature_slots = 100;
/// After a longer pause the missed slots are not made up for.
constexpr std::int64_t slots_late_max = 20;

constexpr double volts_per_bit = 0.1;
constexpr double amperes_per_bit = 0.1;
constexpr double percent_per_bit = 0.1;
constexpr double celsius_per_bit = 0.1;
constexpr double cell_volts_per_bit = 0.001;
constexpr std::uint16_t no_u16 = 0xFFFF;
constexpr std::uint16_t no_i16 = 0x8000;
constexpr std::uint8_t no_u8 = 0xFF;
constexpr std::int64_t lease_unit_us = 10'000;

} // namespace

/// One frame under construction; any silent element silences the whole frame.
class simulated_rack_model::frame_writer {
 public:
  explicit frame_writer(std::uint32_t id) {
    frame_.id = id;
    frame_.length = 8;
  }
  void put_u8(std::size_t at, std::uint8_t value) { frame_.data[at] = value; }
  void put_u16(std::size_t at, std::uint16_t value) {
    frame_.data[at] = static_cast<std::uint8_t>(value & 0xFF);
    frame_.data[at + 1] = static_cast<std::uint8_t>(value >> 8);
  }
  void put_u8(std::size_t at, const rack_values_model::reported& what) {
    const double raw = std::clamp(std::round(what.value), 0.0, no_u8 - 1.0);
    put_u8(at, what.invalid ? no_u8 : static_cast<std::uint8_t>(raw));
    silent_ |= what.silent;
  }
  void put_bit(std::size_t at, std::size_t bit, const rack_values_model::reported& what) {
    const unsigned mask = what.value != 0 ? 1u << bit : 0u;
    frame_.data[at] = static_cast<std::uint8_t>(frame_.data[at] | mask);
    silent_ |= what.silent;
  }
  void put_u16(std::size_t at, const rack_values_model::reported& what, double per_bit) {
    const double raw = std::clamp(std::round(what.value / per_bit), 0.0, no_u16 - 1.0);
    put_u16(at, what.invalid ? no_u16 : static_cast<std::uint16_t>(raw));
    silent_ |= what.silent;
  }
  void put_i16(std::size_t at, const rack_values_model::reported& what, double per_bit) {
    const double raw = std::clamp(std::round(what.value / per_bit), -32767.0, 32767.0);
    const auto bits = static_cast<std::uint16_t>(static_cast<std::int16_t>(raw));
    put_u16(at, what.invalid ? no_i16 : bits);
    silent_ |= what.silent;
  }
  [[nodiscard]] const frame& content() const { return frame_; }
  [[nodiscard]] bool silent() const { return silent_; }

 private:
  frame frame_;
  bool silent_ = false;
};

simulated_rack_model::simulated_rack_model(const rack_options& options)
    : options_(options),
      cell_slots_(std::max<std::int64_t>(options.cell_period_us / slot_us, 1)),
      pack_(options.pack),
      controller_(options.controller),
      charge_limit_a_(options.charge_current_limit_a),
      discharge_limit_a_(options.discharge_current_limit_a) {}

std::vector<frame> simulated_rack_model::step(std::int64_t now_us,
                                              std::span<const frame> received) {
  if (!start_us_) {
    start_us_ = now_us;
    last_us_ = now_us;
  }
  for (const frame& item : received) take(item, now_us);
  pack_.step(now_us - last_us_, current_a());
  controller_.step(now_us, pack_.cell_voltage_v() * cells);
  last_us_ = now_us;

  const std::int64_t since_us = now_us - *start_us_ - options_.phase_us;
  const std::int64_t slot = since_us < 0 ? -1 : since_us / slot_us;
  if (slot - next_slot_ > slots_late_max) next_slot_ = slot;
  for (; next_slot_ <= slot; ++next_slot_) speak(next_slot_, now_us);
  return std::exchange(out_, {});
}

double simulated_rack_model::current_a() const {
  if (!controller_.conducting()) return 0;
  return values_.laid_down(quantity::current, 0).value_or(0);
}

void simulated_rack_model::take(const frame& item, std::int64_t now_us) {
  if (item.extended || item.error || item.remote || item.id < options_.id_offset) return;
  const std::uint32_t id = item.id - options_.id_offset;
  if (id == order_id) controller_.take_order(item, std::min(item.time_us, now_us));
  if (item.length != 8) return;
  const double limit_a = amperes_per_bit * (item.data[0] | item.data[1] << 8);
  if (id == set_charge_limit_id) {
    charge_limit_a_ = std::min(limit_a, options_.charge_current_limit_a);
  } else if (id == set_discharge_limit_id) {
    discharge_limit_a_ = std::min(limit_a, options_.discharge_current_limit_a);
  }
}

void simulated_rack_model::speak(std::int64_t slot, std::int64_t now_us) {
  const bool spread = options_.spread;
  const std::int64_t in_status = slot % status_slots;
  if (in_status == 0) send_status(now_us);
  if (in_status == (spread ? 3 : 0)) send_values();
  if (in_status == (spread ? 6 : 0)) send_limits();

  const auto speak_blocks = [&](std::uint32_t frames, std::int64_t slots, auto send_block) {
    const auto now = slot % slots;
    if (!spread && now != 0) return;
    const auto due = [&](std::int64_t passed) {
      return static_cast<std::uint32_t>(passed * frames / slots);
    };
    for (auto block = due(now); block < due(spread ? now + 1 : slots); ++block) send_block(block);
  };
  speak_blocks(cell_frames, cell_slots_, [&](std::uint32_t block) { send_cells(block); });
  speak_blocks(temperature_frames, temperature_slots,
               [&](std::uint32_t block) { send_temperatures(block); });
}

void simulated_rack_model::send(const frame_writer& item) {
  if (item.silent()) return;
  out_.push_back(item.content());
  out_.back().id += options_.id_offset;
}

void simulated_rack_model::send_status(std::int64_t now_us) {
  using contactor = rack_controller_model::contactor;
  frame_writer item(status_id);
  const auto state = static_cast<double>(controller_.state());
  item.put_u8(0, values_.report(quantity::contactor_state, 0, state));
  const auto put_feedback = [&](quantity what, contactor which, std::size_t bit) {
    item.put_bit(1, bit, values_.report(what, 0, controller_.feedback(which) ? 1 : 0));
  };
  put_feedback(quantity::minus_closed, contactor::minus, 0);
  put_feedback(quantity::plus_closed, contactor::plus, 1);
  put_feedback(quantity::precharge_closed, contactor::precharge, 2);
  item.put_u16(2, controller_.epoch());
  item.put_u16(4, controller_.counter());
  item.put_u8(6, static_cast<std::uint8_t>(controller_.lease_left_us(now_us) / lease_unit_us));
  item.put_u8(7, controller_.opened_by_lease() ? std::uint8_t{1} : std::uint8_t{0});
  send(item);
}

void simulated_rack_model::send_values() {
  double sum_v = 0;
  const double cell_v = pack_.cell_voltage_v();
  for (std::uint32_t i = 0; i < cells; ++i) {
    sum_v += values_.laid_down(quantity::cell_voltage, i).value_or(cell_v);
  }
  frame_writer item(values_id);
  item.put_u16(0, values_.report(quantity::voltage, 0, sum_v), volts_per_bit);
  item.put_i16(2, values_.report(quantity::current, 0, current_a()), amperes_per_bit);
  item.put_u16(4, values_.report(quantity::soc, 0, pack_.soc_percent()), percent_per_bit);
  item.put_u16(6, values_.report(quantity::bus_voltage, 0, controller_.bus_v()), volts_per_bit);
  send(item);
}

void simulated_rack_model::send_limits() {
  frame_writer item(limits_id);
  item.put_u16(0, values_.report(quantity::reported_charge_current_limit, 0, charge_limit_a_),
               amperes_per_bit);
  item.put_u16(2, values_.report(quantity::reported_discharge_current_limit, 0, discharge_limit_a_),
               amperes_per_bit);
  send(item);
}

void simulated_rack_model::send_cells(std::uint32_t block) {
  frame_writer item(first_cells_id + block);
  for (std::uint32_t i = 0; i < values_per_frame; ++i) {
    const std::uint32_t cell = block * values_per_frame + i;
    item.put_u16(2 * i, values_.report(quantity::cell_voltage, cell, pack_.cell_voltage_v()),
                 cell_volts_per_bit);
  }
  send(item);
}

void simulated_rack_model::send_temperatures(std::uint32_t block) {
  frame_writer item(first_temperatures_id + block);
  for (std::uint32_t i = 0; i < values_per_frame; ++i) {
    const std::uint32_t sensor = block * values_per_frame + i;
    item.put_i16(2 * i, values_.report(quantity::cell_temperature, sensor, pack_.temperature_c()),
                 celsius_per_bit);
  }
  send(item);
}

} // namespace voltaic::actors::simulator
