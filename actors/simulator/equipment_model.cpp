#include "actors/simulator/equipment_model.hpp"

#include <algorithm>
#include <cmath>

#include "actors/simulator/hvac_model.hpp"
#include "actors/simulator/inverter_model.hpp"
#include "actors/simulator/meter_model.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::simulator {

namespace modbus = messages::modbus;

namespace {

std::uint16_t words_of(const register_place& place) {
  return modbus::register_count(place.type);
}

std::uint16_t address_of(const register_place& place, std::uint32_t index) {
  return static_cast<std::uint16_t>(place.address + index * words_of(place));
}

/// The registers of a number, limited to what its type holds.
std::vector<std::uint16_t> registers_of(const register_place& place, double value) {
  const double raw = value / place.scale;
  if (modbus::is_float(place.type))
    return modbus::write_float(raw, place.type, place.order).value_or(std::vector<std::uint16_t>());
  const auto [least, most] = modbus::integer_range(place.type);
  // Of the 64-bit types only the lower half of the range is ever shown.
  const auto limited = std::clamp(std::round(raw), static_cast<double>(least),
                                  static_cast<double>(std::min(most, std::int64_t{1} << 53)));
  return modbus::write_integer(static_cast<std::int64_t>(limited), place.type, place.order)
      .value_or(std::vector<std::uint16_t>());
}

/// What devices say for "no value": all bits of an unsigned number, the least of
/// a signed one, NaN.
std::vector<std::uint16_t> invalid_registers(const register_place& place) {
  std::vector<std::uint16_t> words(words_of(place), 0);
  switch (place.type) {
    case modbus::register_type::i16:
    case modbus::register_type::i32:
    case modbus::register_type::i64:
      words.front() = 0x8000;
      break;
    case modbus::register_type::f32:
      words.front() = 0x7FC0;
      break;
    case modbus::register_type::f64:
      words.front() = 0x7FF8;
      break;
    default:
      std::ranges::fill(words, std::uint16_t{0xFFFF});
  }
  const bool is_swapped =
      place.order == modbus::word_order::cdab || place.order == modbus::word_order::dcba;
  if (is_swapped) std::ranges::reverse(words);
  return words;
}

} // namespace

void equipment_model::step(std::int64_t now_us) {
  if (started_ && now_us > last_us_)
    advance(static_cast<double>(now_us - last_us_) / static_cast<double>(messages::us_per_s));
  started_ = true;
  last_us_ = now_us;
}

bool equipment_model::set(std::string_view point, std::optional<std::uint32_t> index,
                          equipment_effect effect, double value) {
  if (is_of_frames(effect)) return false;
  if (point.empty()) {
    if (effect == equipment_effect::value || effect == equipment_effect::invalid ||
        effect == equipment_effect::freeze)
      return false;
    unit_ = {effect, value, {}};
    return true;
  }
  const auto place = std::ranges::find(places_, point, &register_place::point);
  if (place == places_.end() || (index && *index >= place->count)) return false;
  bool done = true;
  for (std::uint32_t i = index.value_or(0); i < (index ? *index + 1 : place->count); ++i)
    done = set_element(*place, i, effect, value) && done;
  return done;
}

bool equipment_model::set_element(const register_place& place, std::uint32_t index,
                                  equipment_effect effect, double value) {
  if (effect == equipment_effect::late) return false;
  if (effect == equipment_effect::invalid && place.bit_count != 0) return false;
  const double bits_end = 1U << place.bit_count;
  if (effect == equipment_effect::value && place.bit_count != 0 &&
      !(value >= 0 && value < bits_end))
    return false;
  const bool is_held = place.table == modbus::table::holding;
  if (is_held && effect == equipment_effect::value) return write_as_person(place, value);
  if (is_held && (effect == equipment_effect::invalid || effect == equipment_effect::freeze))
    return false;
  auto& over = overlays_[{place.point, index}];
  over.effect = effect;
  over.value = value;
  return true;
}

bool equipment_model::write_as_person(const register_place& place, double value) {
  const auto words = registers_of(place, value);
  auto wanted = holding_;
  std::ranges::copy(words, wanted.begin() + place.address);
  if (!accepts(wanted)) return false;
  holding_ = std::move(wanted);
  written(place.address, words.size());
  return true;
}

equipment_answer equipment_model::answer(std::span<const std::uint8_t> pdu) {
  if (unit_.effect == equipment_effect::silent) return {};
  equipment_answer result;
  if (unit_.effect == equipment_effect::exception) {
    const auto function = pdu.empty() ? std::uint8_t{0} : pdu.front();
    result.pdu = modbus::encode_exception(
        function, static_cast<modbus::exception>(static_cast<std::uint8_t>(unit_.value)));
    return result;
  }
  is_silenced_ = false;
  result.pdu = modbus::serve(*this, pdu);
  if (is_silenced_) result.pdu.clear();
  if (unit_.effect == equipment_effect::late)
    result.delay_us = static_cast<std::int64_t>(unit_.value) * messages::us_per_ms;
  return result;
}

const equipment_model::overlay* equipment_model::disturbance(modbus::table table,
                                                             std::uint16_t address,
                                                             std::size_t count) const {
  for (const auto& [which, over] : overlays_) {
    if (over.effect != equipment_effect::silent && over.effect != equipment_effect::exception)
      continue;
    const auto place = std::ranges::find(places_, which.first, &register_place::point);
    const auto first = address_of(*place, which.second);
    if (place->table == table && first < address + count && address < first + words_of(*place))
      return &over;
  }
  return nullptr;
}

std::optional<modbus::exception> equipment_model::read(modbus::table from, std::uint16_t address,
                                                       std::span<std::uint16_t> values) {
  if (from != modbus::table::input && from != modbus::table::holding)
    return modbus::exception::function;
  if (from == modbus::table::holding && address >= block_address_ &&
      address + values.size() <= block_address_ + block_.size()) {
    std::copy_n(block_.begin() + (address - block_address_), values.size(), values.begin());
    return std::nullopt;
  }
  const auto& image = from == modbus::table::input ? input_ : holding_;
  if (address + values.size() > image.size()) return modbus::exception::address;
  if (const auto* over = disturbance(from, address, values.size())) {
    is_silenced_ = over->effect == equipment_effect::silent;
    if (!is_silenced_)
      return static_cast<modbus::exception>(static_cast<std::uint8_t>(over->value));
  }
  std::copy_n(image.begin() + address, values.size(), values.begin());
  return std::nullopt;
}

std::optional<modbus::exception> equipment_model::write(modbus::table to, std::uint16_t address,
                                                        std::span<const std::uint16_t> values) {
  if (to != modbus::table::holding) return modbus::exception::function;
  if (address + values.size() > holding_.size()) return modbus::exception::address;
  if (const auto* over = disturbance(to, address, values.size())) {
    is_silenced_ = over->effect == equipment_effect::silent;
    // A request that gets no answer here was not heard.
    return static_cast<modbus::exception>(static_cast<std::uint8_t>(over->value));
  }
  auto wanted = holding_;
  std::ranges::copy(values, wanted.begin() + address);
  if (!accepts(wanted)) return modbus::exception::value;
  holding_ = std::move(wanted);
  written(address, values.size());
  return std::nullopt;
}

void equipment_model::written(std::uint16_t, std::size_t) {}

void equipment_model::show(const register_place& place, double value, std::uint32_t index) {
  auto& over = overlays_[{place.point, index}];
  if (over.effect == equipment_effect::invalid) return put_invalid(place, index);
  if (over.effect == equipment_effect::value) value = over.value;
  if (over.effect == equipment_effect::freeze && over.shown) value = *over.shown;
  over.shown = value;
  put(place, index, value);
}

void equipment_model::put(const register_place& place, std::uint32_t index, double value) {
  const auto address = address_of(place, index);
  if (place.bit_count == 0) {
    std::ranges::copy(registers_of(place, value), input_.begin() + address);
    return;
  }
  const auto mask = static_cast<std::uint16_t>(((1u << place.bit_count) - 1) << place.first_bit);
  const auto bits = static_cast<std::uint16_t>(static_cast<unsigned>(value) << place.first_bit);
  input_[address] = static_cast<std::uint16_t>((input_[address] & ~mask) | (bits & mask));
}

void equipment_model::put_invalid(const register_place& place, std::uint32_t index) {
  std::ranges::copy(invalid_registers(place), input_.begin() + address_of(place, index));
}

void equipment_model::show_raw(std::uint16_t address, std::uint16_t value) {
  input_[address] = value;
}

void equipment_model::show_text(std::uint16_t address, std::string_view text,
                                std::size_t registers) {
  if (const auto words = modbus::write_text(text, registers, modbus::word_order::abcd))
    std::ranges::copy(*words, input_.begin() + address);
}

void equipment_model::hold(const register_place& place, double value) {
  std::ranges::copy(registers_of(place, value), holding_.begin() + place.address);
}

void equipment_model::show_block(std::uint16_t address, std::vector<std::uint16_t> registers) {
  block_address_ = address;
  block_ = std::move(registers);
}

double equipment_model::held(const std::vector<std::uint16_t>& holding,
                             const register_place& place) {
  const auto words = std::span(holding).subspan(place.address, words_of(place));
  return modbus::read_number(words, place.type, place.order) * place.scale;
}

std::unique_ptr<equipment_model> make_equipment(std::string_view kind) {
  if (kind == "inverter") return std::make_unique<inverter_model>();
  if (kind == "hvac") return std::make_unique<hvac_model>();
  if (kind == "meter") return std::make_unique<meter_model>();
  return nullptr;
}

} // namespace voltaic::actors::simulator
