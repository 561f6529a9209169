#include "actors/simulator/canopen_objects_model.hpp"

#include "messages/little_endian.hpp"

namespace voltaic::actors::simulator {
namespace {

namespace canopen = messages::canopen;
using canopen::abort_code;

constexpr std::uint16_t receive_record = 0x1400;
constexpr std::uint16_t transmit_record = 0x1800;
constexpr std::uint16_t mapping_behind_record = 0x200;
constexpr std::uint16_t last_behind_record = 0x1FF;
constexpr std::uint32_t off_bit = 0x8000'0000;
constexpr std::uint8_t mapped_max = 64;
constexpr std::uint8_t event_driven = 255;

bool is_record(std::uint16_t index, std::uint16_t behind) {
  for (const auto first : {receive_record, transmit_record})
    if (index >= first + behind && index <= first + behind + last_behind_record)
      return (index & mapping_behind_record) == behind;
  return false;
}

} // namespace

void canopen_objects::add(const address& at, std::uint64_t value, std::size_t bytes,
                          bool is_writable, std::uint8_t bits) {
  values_[at] = {value, bytes, is_writable, bits};
}

void canopen_objects::add_pdo(const canopen::pdo_number& which, std::uint32_t cob_id,
                              std::uint16_t event_ms,
                              const std::vector<canopen::mapped_object>& mapping) {
  const auto record = static_cast<std::uint16_t>(
      (which.is_transmit ? transmit_record : receive_record) + which.number);
  const auto map = static_cast<std::uint16_t>(record + mapping_behind_record);
  add({record, 0}, 5, 1);
  add({record, 1}, mapping.empty() ? cob_id | off_bit : cob_id, 4, true);
  add({record, 2}, event_driven, 1, true);
  add({record, 5}, event_ms, 2, true);
  add({map, 0}, mapping.size(), 1, true);
  for (std::uint8_t i = 0; i < mapped_max; ++i)
    add({map, static_cast<std::uint8_t>(i + 1)},
        i < mapping.size() ? canopen::mapping_entry(mapping[i]) : 0, 4, true);
}

std::optional<std::vector<std::uint8_t>> canopen_objects::pack(std::uint16_t transmit_pdo) const {
  const auto record = static_cast<std::uint16_t>(transmit_record + transmit_pdo);
  const auto map = static_cast<std::uint16_t>(record + mapping_behind_record);
  if (!values_.contains({record, 1}) || (get({record, 1}) & off_bit) != 0) return std::nullopt;
  std::vector<canopen::mapped_object> mapping;
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < get({map, 0}); ++i) {
    const auto mapped = get({map, static_cast<std::uint8_t>(i + 1)});
    mapping.push_back(canopen::read_mapping_entry(static_cast<std::uint32_t>(mapped)));
    numbers.push_back(canopen::is_dummy(mapping.back()) ? 0 : get(mapping.back().of));
  }
  const auto layout = canopen::pdo_layout::make(mapping);
  if (!layout) return std::nullopt;
  return layout->pack(numbers);
}

std::variant<canopen::object_bytes, abort_code> canopen_objects::read(const address& of) const {
  const auto found = values_.find(of);
  if (found == values_.end()) {
    const auto other = values_.lower_bound({of.index, 0});
    return other != values_.end() && other->first.index == of.index ? abort_code::no_subindex
                                                                    : abort_code::no_object;
  }
  canopen::object_bytes bytes(found->second.bytes);
  messages::put_number(bytes, found->second.value);
  return bytes;
}

std::optional<abort_code> canopen_objects::refusal_to_write(const address& to,
                                                            std::optional<std::size_t> size) const {
  if (refused_by_) return refused_by_;
  const auto known = read(to);
  if (const auto* why = std::get_if<abort_code>(&known)) return *why;
  const auto& one = values_.at(to);
  if (!one.is_writable) return abort_code::read_only;
  if (size && *size != one.bytes) return abort_code::length;
  return std::nullopt;
}

bool canopen_objects::is_mappable(std::uint32_t mapping_entry) const {
  const auto mapped = canopen::read_mapping_entry(mapping_entry);
  if (canopen::is_dummy(mapped)) return true;
  const auto found = values_.find(mapped.of);
  return found != values_.end() && found->second.bits == mapped.bits && mapped.bits != 0;
}

std::optional<abort_code> canopen_objects::refusal_of_pdo(const address& to,
                                                          std::uint64_t value) const {
  const bool is_mapping = is_record(to.index, mapping_behind_record);
  if (!is_mapping && !is_record(to.index, 0)) return std::nullopt;
  if (runs_) return abort_code::device_state;
  if (!is_mapping) return std::nullopt;
  const auto record = static_cast<std::uint16_t>(to.index - mapping_behind_record);
  if ((get({record, 1}) & off_bit) == 0) return abort_code::access;
  if (to.subindex != 0) {
    if (get({to.index, 0}) != 0) return abort_code::access;
    return is_mappable(static_cast<std::uint32_t>(value)) ? std::nullopt
                                                          : std::optional(abort_code::not_mappable);
  }
  std::uint32_t bits = 0;
  for (std::uint64_t i = 1; i <= value && i <= mapped_max; ++i)
    bits += canopen::read_mapping_entry(
                static_cast<std::uint32_t>(get({to.index, static_cast<std::uint8_t>(i)})))
                .bits;
  return bits > canopen::pdo_bits_max ? std::optional(abort_code::pdo_length) : std::nullopt;
}

std::optional<abort_code> canopen_objects::write(const address& to,
                                                 std::span<const std::uint8_t> value) {
  if (const auto why = refusal_to_write(to, value.size())) return why;
  const auto number = messages::get_number(value);
  if (const auto why = refusal_of_pdo(to, number)) return why;
  values_.at(to).value = number;
  return std::nullopt;
}

} // namespace voltaic::actors::simulator
