#include "actors/simulator/equipment_model.hpp"

#include <algorithm>
#include <cmath>

#include "actors/simulator/hvac_model.hpp"
#include "actors/simulator/inverter_model.hpp"
#include "actors/simulator/meter_model.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::simulator {

namespace modbus = messages::modbus;

void equipment_model::step(std::int64_t now_us) {
  if (started_ && now_us > last_us_)
    advance(static_cast<double>(now_us - last_us_) / static_cast<double>(messages::us_per_s));
  started_ = true;
  last_us_ = now_us;
}

std::optional<modbus::exception> equipment_model::read(modbus::table from, std::uint16_t address,
                                                       std::span<std::uint16_t> values) {
  if (from != modbus::table::input && from != modbus::table::holding)
    return modbus::exception::function;
  const auto& image = from == modbus::table::input ? input_ : holding_;
  if (address + values.size() > image.size()) return modbus::exception::address;
  std::copy_n(image.begin() + address, values.size(), values.begin());
  return std::nullopt;
}

std::optional<modbus::exception> equipment_model::write(modbus::table to, std::uint16_t address,
                                                        std::span<const std::uint16_t> values) {
  if (to != modbus::table::holding) return modbus::exception::function;
  if (address + values.size() > holding_.size()) return modbus::exception::address;
  auto wanted = holding_;
  std::ranges::copy(values, wanted.begin() + address);
  if (!accepts(wanted)) return modbus::exception::value;
  holding_ = std::move(wanted);
  written(address, values.size());
  return std::nullopt;
}

void equipment_model::written(std::uint16_t, std::size_t) {}

void equipment_model::show(std::uint16_t address, double value, register_type type,
                           modbus::word_order order) {
  std::optional<std::vector<std::uint16_t>> registers;
  if (modbus::is_float(type)) {
    registers = modbus::write_float(value, type, order);
  } else {
    const auto [least, most] = modbus::integer_range(type);
    // Of the 64-bit types only the lower half of the range is ever shown.
    const auto limited = std::clamp(std::round(value), static_cast<double>(least),
                                    static_cast<double>(std::min(most, std::int64_t{1} << 53)));
    registers = modbus::write_integer(static_cast<std::int64_t>(limited), type, order);
  }
  if (registers) std::ranges::copy(*registers, input_.begin() + address);
}

void equipment_model::show_text(std::uint16_t address, std::string_view text,
                                std::size_t registers) {
  if (const auto words = modbus::write_text(text, registers, modbus::word_order::abcd))
    std::ranges::copy(*words, input_.begin() + address);
}

void equipment_model::hold(std::uint16_t address, std::int64_t value, register_type type) {
  if (const auto words = modbus::write_integer(value, type, modbus::word_order::abcd))
    std::ranges::copy(*words, holding_.begin() + address);
}

std::int64_t equipment_model::held(const std::vector<std::uint16_t>& holding, std::uint16_t address,
                                   register_type type) {
  const auto words = std::span(holding).subspan(address, modbus::register_count(type));
  return modbus::read_integer(words, type, modbus::word_order::abcd).value_or(0);
}

std::unique_ptr<equipment_model> make_equipment(std::string_view kind) {
  if (kind == "inverter") return std::make_unique<inverter_model>();
  if (kind == "hvac") return std::make_unique<hvac_model>();
  if (kind == "meter") return std::make_unique<meter_model>();
  return nullptr;
}

} // namespace voltaic::actors::simulator
