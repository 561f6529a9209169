#include "messages/can/checksum.hpp"

#include <cassert>
#include <limits>
#include <utility>

namespace voltaic::messages::can {
namespace {

constexpr unsigned byte_bits = 8;
constexpr std::uint16_t autosar_2_polynomial = 0x2F;

std::uint16_t mirrored(std::uint16_t value, unsigned bits) {
  unsigned result = 0;
  for (unsigned bit = 0; bit < bits; ++bit)
    if ((value >> bit & 1u) != 0) result |= 1u << (bits - 1 - bit);
  return static_cast<std::uint16_t>(result);
}

std::uint16_t mask_of(unsigned width_bits) {
  return static_cast<std::uint16_t>((1u << width_bits) - 1);
}

/// What one byte makes of an empty register, highest bit first.
std::uint16_t crc_of_byte(unsigned byte, unsigned width_bits, unsigned polynomial) {
  const unsigned top = 1u << (width_bits - 1);
  unsigned crc = byte << (width_bits - byte_bits);
  for (unsigned bit = 0; bit < byte_bits; ++bit)
    crc = (crc & top) != 0 ? (crc << 1) ^ polynomial : crc << 1;
  return static_cast<std::uint16_t>(crc & mask_of(width_bits));
}

} // namespace

checksum_rule crc8_j1850_at(std::uint8_t byte) {
  checksum_rule rule;
  rule.byte = byte;
  return rule;
}

checksum_rule autosar_profile_1_at(std::uint8_t byte, std::uint16_t data_id) {
  checksum_rule rule;
  rule.initial = 0;
  rule.final_xor = 0;
  rule.byte = byte;
  rule.before = {static_cast<std::uint8_t>(data_id), static_cast<std::uint8_t>(data_id >> 8)};
  return rule;
}

checksum_rule autosar_profile_2_at(std::uint8_t byte, std::span<const std::uint8_t> data_ids) {
  checksum_rule rule;
  rule.polynomial = autosar_2_polynomial;
  rule.byte = byte;
  rule.data_ids.assign(data_ids.begin(), data_ids.end());
  return rule;
}

checksum::checksum(checksum_rule rule) : rule_(std::move(rule)) {
  assert(rule_.width_bits == 8 || rule_.width_bits == 16);
  assert(rule_.data_ids.empty() || rule_.data_ids.size() == data_ids_of_counter);
  for (unsigned value = 0; value < table_.size(); ++value)
    table_[value] = crc_of_byte(value, rule_.width_bits, rule_.polynomial);
}

std::uint16_t checksum::start() const {
  return rule_.initial & mask_of(rule_.width_bits);
}

std::uint16_t checksum::take(std::uint16_t so_far, std::uint8_t byte) const {
  const auto mask = mask_of(rule_.width_bits);
  switch (rule_.kind) {
    case checksum_kind::bytes_xor:
      return so_far ^ byte;
    case checksum_kind::bytes_sum:
      return static_cast<std::uint16_t>((so_far + byte) & mask);
    case checksum_kind::crc:
      break;
  }
  if (rule_.reflect_input) byte = static_cast<std::uint8_t>(mirrored(byte, byte_bits));
  const unsigned at = (unsigned{so_far} >> (rule_.width_bits - byte_bits) ^ byte) & 0xFFu;
  return static_cast<std::uint16_t>((unsigned{so_far} << byte_bits ^ table_[at]) & mask);
}

std::uint16_t checksum::of(std::span<const std::uint8_t> frame, std::uint32_t counter) const {
  auto result = start();
  for (const auto byte : rule_.before) result = take(result, byte);
  const std::size_t carriers = rule_.width_bits / byte_bits;
  for (std::size_t i = 0; i < frame.size(); ++i)
    if (i < rule_.byte || i >= rule_.byte + carriers) result = take(result, frame[i]);
  for (const auto byte : rule_.after) result = take(result, byte);
  if (!rule_.data_ids.empty()) result = take(result, rule_.data_ids[counter % data_ids_of_counter]);
  if (rule_.kind == checksum_kind::crc && rule_.reflect_output)
    result = mirrored(result, rule_.width_bits);
  return (result ^ rule_.final_xor) & mask_of(rule_.width_bits);
}

std::uint16_t checksum::carried_by(std::span<const std::uint8_t> frame) const {
  const unsigned first = frame[rule_.byte];
  if (rule_.width_bits == byte_bits) return static_cast<std::uint16_t>(first);
  const unsigned second = frame[rule_.byte + 1u];
  return static_cast<std::uint16_t>(rule_.high_byte_first ? first << byte_bits | second
                                                          : second << byte_bits | first);
}

void checksum::write(std::span<std::uint8_t> frame, std::uint32_t counter) const {
  const auto value = of(frame, counter);
  const auto low = static_cast<std::uint8_t>(value);
  const auto high = static_cast<std::uint8_t>(value >> byte_bits);
  if (rule_.width_bits == byte_bits) {
    frame[rule_.byte] = low;
    return;
  }
  frame[rule_.byte] = rule_.high_byte_first ? high : low;
  frame[rule_.byte + 1u] = rule_.high_byte_first ? low : high;
}

std::uint8_t crc8_j1850(std::span<const std::uint8_t> bytes) {
  // Stands where no frame has a byte: none is left out.
  static const checksum ready(crc8_j1850_at(std::numeric_limits<std::uint8_t>::max()));
  return static_cast<std::uint8_t>(ready.of(bytes, 0));
}

} // namespace voltaic::messages::can
