#include "messages/canopen/pdo_mapping.hpp"

#include <fmt/format.h>

#include "messages/canopen/identifiers.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::uint32_t bits_a_byte = 8;
constexpr unsigned index_shift = 16;
constexpr unsigned subindex_shift = 8;
constexpr std::uint32_t byte_mask = 0xFF;
constexpr std::uint16_t dummy_index_max = 0x0007;
constexpr std::uint32_t disabled_bit = 0x8000'0000;
constexpr std::uint32_t extended_bit = 0x2000'0000;
constexpr std::uint32_t identifier_mask = 0x1FFF'FFFF;
constexpr std::uint16_t receive_communication = 0x1400;
constexpr std::uint16_t receive_mapping = 0x1600;
constexpr std::uint16_t transmit_communication = 0x1800;
constexpr std::uint16_t transmit_mapping = 0x1A00;
constexpr std::uint16_t pdos_max = 512; // CiA 301, 7.2.2

bool bit_at(std::span<const std::uint8_t> payload, std::uint32_t at) {
  return (payload[at / bits_a_byte] >> at % bits_a_byte & 1) != 0;
}

} // namespace

mapped_object read_mapping_entry(std::uint32_t entry) {
  return {{static_cast<std::uint16_t>(entry >> index_shift),
           static_cast<std::uint8_t>(entry >> subindex_shift & byte_mask)},
          static_cast<std::uint8_t>(entry & byte_mask)};
}

std::uint32_t mapping_entry(const mapped_object& of) {
  return static_cast<std::uint32_t>(of.of.index) << index_shift |
         static_cast<std::uint32_t>(of.of.subindex) << subindex_shift | of.bits;
}

bool is_dummy(const mapped_object& of) {
  return of.of.index > 0 && of.of.index <= dummy_index_max;
}

expected<pdo_layout> pdo_layout::make(std::span<const mapped_object> mapping) {
  pdo_layout made;
  for (const auto& each : mapping) {
    if (each.bits == 0)
      return failure{fmt::format("{} is mapped with no bits", to_string(each.of))};
    made.places_.push_back({each, made.bits_});
    made.bits_ += each.bits;
    if (made.bits_ > pdo_bits_max)
      return failure{
          fmt::format("{} ends behind the {} bits of a PDO", to_string(each.of), pdo_bits_max)};
  }
  return made;
}

std::size_t pdo_layout::bytes() const {
  return (bits_ + bits_a_byte - 1) / bits_a_byte;
}

std::optional<std::vector<std::uint64_t>> pdo_layout::unpack(
    std::span<const std::uint8_t> payload) const {
  if (payload.size() < bytes()) return std::nullopt;
  std::vector<std::uint64_t> values;
  for (const auto& each : places_) {
    std::uint64_t value = 0;
    for (std::uint32_t i = 0; i < each.object.bits; ++i)
      if (bit_at(payload, each.start + i)) value |= std::uint64_t{1} << i;
    values.push_back(value);
  }
  return values;
}

std::vector<std::uint8_t> pdo_layout::pack(std::span<const std::uint64_t> values) const {
  std::vector<std::uint8_t> payload(bytes());
  for (std::size_t nth = 0; nth < places_.size() && nth < values.size(); ++nth) {
    const auto& each = places_[nth];
    for (std::uint32_t i = 0; i < each.object.bits; ++i) {
      const auto at = each.start + i;
      if ((values[nth] >> i & 1) != 0)
        payload[at / bits_a_byte] |= static_cast<std::uint8_t>(1U << at % bits_a_byte);
    }
  }
  return payload;
}

expected<std::vector<object_write>> remapping_steps(const pdo_number& which, std::uint32_t cob_id,
                                                    std::span<const mapped_object> mapping) {
  const auto layout = pdo_layout::make(mapping);
  if (!layout) return layout.error();
  if (which.number >= pdos_max) return failure{"there are 512 PDOs of each kind"};
  const auto id = cob_id & identifier_mask;
  if ((cob_id & extended_bit) == 0 && is_restricted(id))
    return failure{fmt::format("no PDO may have the identifier {:03X}", id)};
  const auto object = [&](std::uint16_t transmit, std::uint16_t receive) {
    return static_cast<std::uint16_t>((which.is_transmit ? transmit : receive) + which.number);
  };
  const auto communication = object(transmit_communication, receive_communication);
  const auto records = object(transmit_mapping, receive_mapping);
  constexpr std::uint8_t number_bytes = 4;
  std::vector<object_write> steps;
  steps.push_back({{communication, 1}, cob_id | disabled_bit, number_bytes});
  steps.push_back({{records, 0}, 0, 1});
  std::uint8_t count = 0;
  for (const auto& each : mapping)
    steps.push_back({{records, ++count}, mapping_entry(each), number_bytes});
  steps.push_back({{records, 0}, count, 1});
  steps.push_back({{communication, 1}, cob_id & ~disabled_bit, number_bytes});
  return steps;
}

} // namespace voltaic::messages::canopen
