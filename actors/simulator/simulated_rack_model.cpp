#include "actors/simulator/simulated_rack_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "actors/simulator/module_limits_model.hpp"

namespace voltaic::actors::simulator {
namespace {

using messages::can::frame;

// Identifiers of the rack's frames, before the offset.
constexpr std::uint32_t order_id = first_order_id;
constexpr std::uint32_t set_charge_limit_id = 0x082;
constexpr std::uint32_t set_discharge_limit_id = last_order_id;
constexpr std::uint32_t status_id = 0x084;
constexpr std::uint32_t values_id = 0x085;
constexpr std::uint32_t limits_id = 0x086;
constexpr std::uint32_t air_id = 0x087;
constexpr std::uint32_t first_cells_id = 0x088;
constexpr std::uint32_t first_temperatures_id = 0x100;
constexpr std::uint32_t module_id = 0x13C; // its first byte says which one
constexpr std::uint32_t terminals_id = 0x13D;
constexpr std::uint32_t insulation_id = 0x13E;

constexpr std::uint32_t values_per_frame = 4;
constexpr std::uint32_t cell_frames = cells / values_per_frame;
constexpr std::uint32_t temperature_frames = temperatures / values_per_frame;

// Periods, in slots of 10 ms.
constexpr std::int64_t status_slots = 10;
constexpr std::int64_t temperature_slots = 100;
// Modules and air fill slots that status, values and limits leave free.
constexpr std::int64_t module_slots = temperature_slots;
constexpr std::array<std::int64_t, 3> module_slots_of_ten{1, 4, 8};
constexpr std::int64_t air_slot = 95;
constexpr std::int64_t terminals_slot = 25;
constexpr std::int64_t insulation_slot = 55;
/// After a longer pause the missed slots are not made up for.
constexpr std::int64_t slots_late_max = 20;

constexpr double volts_per_bit = 0.1;
constexpr double amperes_per_bit = 0.1;
constexpr double percent_per_bit = 0.1;
constexpr double celsius_per_bit = 0.1;
constexpr double kohm_per_bit = 0.1;
constexpr double cell_volts_per_bit = 0.001;
// Beyond these a scenario is no physics any more.
constexpr double current_max_a = 100'000;
constexpr double air_max_c = 1'000;
constexpr std::uint16_t no_u16 = 0xFFFF;
constexpr std::uint16_t no_i16 = 0x8000;
constexpr std::uint8_t no_u8 = 0xFF;
constexpr std::int64_t lease_unit_us = 10'000;
/// In the status: it takes orders for one main contactor alone.
constexpr unsigned single_orders_flag = 2;

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
      noise_(options.noise_seed),
      charge_limit_a_(options.charge_current_limit_a),
      discharge_limit_a_(options.discharge_current_limit_a) {}

std::vector<frame> simulated_rack_model::step(std::int64_t now_us,
                                              std::span<const frame> received) {
  if (!start_us_) {
    start_us_ = now_us;
    last_us_ = now_us;
  }
  for (const frame& item : received) take(item, now_us);
  if (const auto air_c = values_.laid_down(quantity::air_temperature, 0))
    pack_.set_air_c(std::clamp(*air_c, -air_max_c, air_max_c));
  pack_.step(now_us - last_us_, current_a());
  controller_.step(now_us, pack_.voltage_v(), others_);
  last_us_ = now_us;

  const std::int64_t since_us = now_us - *start_us_ - options_.phase_us;
  const std::int64_t slot = since_us < 0 ? -1 : since_us / slot_us;
  if (slot - next_slot_ > slots_late_max) next_slot_ = slot;
  for (; next_slot_ <= slot; ++next_slot_) speak(next_slot_, now_us);
  return std::exchange(out_, {});
}

double simulated_rack_model::current_a() const {
  if (!controller_.conducting()) return 0;
  return std::clamp(values_.laid_down(quantity::current, 0).value_or(0), -current_max_a,
                    current_max_a);
}

bool simulated_rack_model::is_faulted(std::uint32_t module) const {
  return values_.laid_down(quantity::module_fault, module).value_or(0) != 0;
}

double simulated_rack_model::module_limit_a(quantity what, std::uint32_t module) const {
  const double temperature_c = pack_.temperature_c(module);
  if (what == quantity::module_charge_current_limit)
    return options_.charge_current_limit_a * charge_share(temperature_c);
  return options_.discharge_current_limit_a * discharge_share(temperature_c);
}

double simulated_rack_model::limit_a(quantity what, double set_a) const {
  double least_a = set_a;
  for (std::uint32_t module = 0; module < modules; ++module) {
    if (is_faulted(module)) continue;
    const auto laid_down_a = values_.laid_down(what, module);
    least_a = std::min(least_a, laid_down_a ? *laid_down_a : module_limit_a(what, module));
  }
  return least_a;
}

double simulated_rack_model::measured(double value, double resolution) {
  return options_.noise ? value + resolution * noise_.symmetric() : value;
}

void simulated_rack_model::take(const frame& item, std::int64_t now_us) {
  if (item.error || item.remote) return;
  const auto own = options_.identifiers.at_device({item.id, item.extended});
  if (!own || own->extended || own->id < options_.id_offset) return;
  const std::uint32_t id = own->id - options_.id_offset;
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
  const std::int64_t in_modules = slot % module_slots;
  if (in_modules == (spread ? air_slot : 0)) send_air();
  if (in_modules == (spread ? terminals_slot : 0)) send_terminals();
  if (in_modules == (spread ? insulation_slot : 0)) send_insulation();
  for (std::size_t i = 0; spread && i < module_slots_of_ten.size(); ++i)
    if (in_modules % 10 == module_slots_of_ten[i])
      send_module(static_cast<std::uint32_t>(in_modules / 10 * 3) + static_cast<std::uint32_t>(i));
  for (std::uint32_t module = 0; !spread && in_modules == 0 && module < modules; ++module)
    send_module(module);
}

void simulated_rack_model::send(const frame_writer& item) {
  if (item.silent()) return;
  out_.push_back(item.content());
  auto& made = out_.back();
  const auto place = options_.identifiers.on_bus({made.id + options_.id_offset, made.extended});
  made.id = place.id;
  made.extended = place.extended;
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
  const unsigned lapsed = controller_.opened_by_lease() ? 1u : 0u;
  item.put_u8(7, static_cast<std::uint8_t>(lapsed | single_orders_flag));
  send(item);
}

void simulated_rack_model::send_values() {
  double sum_v = pack_.voltage_v();
  const bool any_laid_down = values_.any_laid_down(quantity::cell_voltage);
  for (std::uint32_t i = 0; any_laid_down && i < cells; ++i) {
    const auto laid_down_v = values_.laid_down(quantity::cell_voltage, i);
    if (laid_down_v) sum_v += *laid_down_v - pack_.cell_voltage_v(i);
  }
  const double flowing_a = current_a();
  // A sensor without current shows its zero.
  const double shown_a = flowing_a == 0 ? 0 : measured(flowing_a, amperes_per_bit);
  frame_writer item(values_id);
  item.put_u16(0, values_.report(quantity::voltage, 0, measured(sum_v, volts_per_bit)),
               volts_per_bit);
  auto current = values_.report(quantity::current, 0, shown_a);
  current.value *= values_.laid_down(quantity::current_gain, 0).value_or(1);
  item.put_i16(2, current, amperes_per_bit);
  item.put_u16(4, values_.report(quantity::soc, 0, pack_.soc_percent()), percent_per_bit);
  item.put_u16(6, values_.report(quantity::bus_voltage, 0, controller_.bus_v()), volts_per_bit);
  send(item);
}

void simulated_rack_model::send_limits() {
  const double charge_a = limit_a(quantity::module_charge_current_limit, charge_limit_a_);
  const double discharge_a = limit_a(quantity::module_discharge_current_limit, discharge_limit_a_);
  frame_writer item(limits_id);
  item.put_u16(0, values_.report(quantity::reported_charge_current_limit, 0, charge_a),
               amperes_per_bit);
  item.put_u16(2, values_.report(quantity::reported_discharge_current_limit, 0, discharge_a),
               amperes_per_bit);
  send(item);
}

void simulated_rack_model::send_cells(std::uint32_t block) {
  frame_writer item(first_cells_id + block);
  for (std::uint32_t i = 0; i < values_per_frame; ++i) {
    const std::uint32_t cell = block * values_per_frame + i;
    const double volts = measured(pack_.cell_voltage_v(cell), cell_volts_per_bit);
    auto shown = values_.report(quantity::cell_voltage, cell, volts);
    shown.invalid |= is_faulted(cell / cells_per_module);
    item.put_u16(2 * i, shown, cell_volts_per_bit);
  }
  send(item);
}

void simulated_rack_model::send_temperatures(std::uint32_t block) {
  frame_writer item(first_temperatures_id + block);
  for (std::uint32_t i = 0; i < values_per_frame; ++i) {
    const std::uint32_t sensor = block * values_per_frame + i;
    const std::uint32_t module = sensor / temperatures_per_module;
    const double celsius = measured(pack_.temperature_c(module), celsius_per_bit);
    auto shown = values_.report(quantity::cell_temperature, sensor, celsius);
    shown.invalid |= is_faulted(module);
    item.put_i16(2 * i, shown, celsius_per_bit);
  }
  send(item);
}

void simulated_rack_model::send_module(std::uint32_t module) {
  frame_writer item(module_id);
  item.put_u8(0, static_cast<std::uint8_t>(module));
  item.put_u8(1, values_.report(quantity::module_fault, module, 0));
  for (std::uint32_t i = 0; i < cells_per_module; ++i) {
    const std::uint32_t cell = module * cells_per_module + i;
    item.put_bit(2 + i / 8, i % 8,
                 values_.report(quantity::balancing, cell, pack_.is_balancing(cell) ? 1 : 0));
  }
  const auto put_limit = [&](std::size_t at, quantity what) {
    auto shown = values_.report(what, module, module_limit_a(what, module));
    shown.invalid |= is_faulted(module);
    item.put_u16(at, shown, amperes_per_bit);
  };
  put_limit(4, quantity::module_charge_current_limit);
  put_limit(6, quantity::module_discharge_current_limit);
  send(item);
}

void simulated_rack_model::send_terminals() {
  frame_writer item(terminals_id);
  for (std::uint32_t i = 0; i < terminals; ++i) {
    // They are as warm as the modules that they lead to.
    const auto module = i == 0 ? 0 : modules - 1;
    const double celsius = measured(pack_.temperature_c(module), celsius_per_bit);
    item.put_i16(2 * i, values_.report(quantity::terminal_temperature, i, celsius),
                 celsius_per_bit);
  }
  send(item);
}

void simulated_rack_model::send_insulation() {
  frame_writer item(insulation_id);
  item.put_u16(0, values_.report(quantity::insulation_resistance, 0, options_.insulation_kohm),
               kohm_per_bit);
  item.put_u16(2, values_.report(quantity::soh, 0, options_.soh_percent), percent_per_bit);
  send(item);
}

void simulated_rack_model::send_air() {
  frame_writer item(air_id);
  item.put_i16(0, values_.report(quantity::air_temperature, 0, pack_.air_c()), celsius_per_bit);
  send(item);
}

} // namespace voltaic::actors::simulator
