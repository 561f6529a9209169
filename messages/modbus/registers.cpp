#include "messages/modbus/registers.hpp"

#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace voltaic::messages::modbus {
namespace {

constexpr std::uint16_t swap_bytes(std::uint16_t word) {
  return static_cast<std::uint16_t>((word << 8) | (word >> 8));
}

constexpr bool swaps_bytes(word_order order) {
  return order == word_order::badc || order == word_order::dcba;
}
constexpr bool swaps_words(word_order order) {
  return order == word_order::cdab || order == word_order::dcba;
}

/// The bits of a one- or two-register value, wherever its bytes lie.
std::uint32_t gather(std::span<const std::uint16_t> registers, word_order order) {
  const auto word = [&](std::size_t i) {
    return swaps_bytes(order) ? swap_bytes(registers[i]) : registers[i];
  };
  if (registers.size() == 1) return word(0);
  const std::size_t high = swaps_words(order) ? 1 : 0;
  return (std::uint32_t{word(high)} << 16) | word(1 - high);
}

std::vector<std::uint16_t> scatter(std::uint32_t bits, std::size_t count, word_order order) {
  std::vector<std::uint16_t> registers(count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_low = count == 1 || (i == 1) != swaps_words(order);
    const auto word = static_cast<std::uint16_t>(is_low ? bits & 0xFFFFu : bits >> 16);
    registers[i] = swaps_bytes(order) ? swap_bytes(word) : word;
  }
  return registers;
}

} // namespace

std::pair<std::int64_t, std::int64_t> integer_range(register_type type) {
  switch (type) {
    case register_type::u16:
      return {0, std::numeric_limits<std::uint16_t>::max()};
    case register_type::i16:
      return {std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max()};
    case register_type::u32:
      return {0, std::numeric_limits<std::uint32_t>::max()};
    case register_type::i32:
      return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    case register_type::f32:
      break;
  }
  constexpr std::int64_t exact = 1 << 24;
  return {-exact, exact};
}

std::optional<word_order> word_order_from_name(std::string_view name) {
  if (name == "ABCD") return word_order::abcd;
  if (name == "CDAB") return word_order::cdab;
  if (name == "BADC") return word_order::badc;
  if (name == "DCBA") return word_order::dcba;
  return std::nullopt;
}

std::int64_t read_integer(std::span<const std::uint16_t> registers, register_type type,
                          word_order order) {
  assert(registers.size() == register_count(type) && type != register_type::f32);
  const std::uint32_t bits = gather(registers, order);
  switch (type) {
    case register_type::i16:
      return static_cast<std::int16_t>(bits);
    case register_type::i32:
      return static_cast<std::int32_t>(bits);
    default:
      return bits;
  }
}

double read_number(std::span<const std::uint16_t> registers, register_type type, word_order order) {
  if (type == register_type::f32) {
    assert(registers.size() == register_count(type));
    return std::bit_cast<float>(gather(registers, order));
  }
  return static_cast<double>(read_integer(registers, type, order));
}

std::optional<std::vector<std::uint16_t>> write_integer(std::int64_t value, register_type type,
                                                        word_order order) {
  assert(type != register_type::f32);
  const auto [minimum, maximum] = integer_range(type);
  if (value < minimum || value > maximum) return std::nullopt;
  return scatter(static_cast<std::uint32_t>(value), register_count(type), order);
}

std::optional<std::vector<std::uint16_t>> write_float(double value, word_order order) {
  if (!std::isfinite(value) || std::abs(value) > double{std::numeric_limits<float>::max()})
    return std::nullopt;
  return scatter(std::bit_cast<std::uint32_t>(static_cast<float>(value)), 2, order);
}

} // namespace voltaic::messages::modbus
