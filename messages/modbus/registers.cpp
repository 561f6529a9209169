#include "messages/modbus/registers.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace voltaic::messages::modbus {
namespace {

// Beyond these the next integer is not a float, or a double, any more.
constexpr std::int64_t float_exact = std::int64_t{1} << 24;
constexpr std::int64_t double_exact = std::int64_t{1} << 53;

constexpr std::uint16_t swap_bytes(std::uint16_t word) {
  return static_cast<std::uint16_t>((word << 8) | (word >> 8));
}

constexpr bool swaps_bytes(word_order order) {
  return order == word_order::badc || order == word_order::dcba;
}
constexpr bool swaps_words(word_order order) {
  return order == word_order::cdab || order == word_order::dcba;
}

std::vector<std::uint16_t> scatter(std::uint64_t bits, std::size_t count, word_order order) {
  std::vector<std::uint16_t> registers(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = static_cast<std::uint16_t>(bits >> (16 * (count - 1 - i)));
    registers[swaps_words(order) ? count - 1 - i : i] =
        swaps_bytes(order) ? swap_bytes(word) : word;
  }
  return registers;
}

bool is_printable(char letter) {
  return letter >= ' ' && letter <= '~';
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
    case register_type::u64:
      return {0, std::numeric_limits<std::int64_t>::max()};
    case register_type::i64:
      return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
    case register_type::f32:
      return {-float_exact, float_exact};
    case register_type::f64:
      return {-double_exact, double_exact};
    case register_type::text:
      break;
  }
  return {0, 0};
}

std::optional<word_order> word_order_from_name(std::string_view name) {
  if (name == "ABCD") return word_order::abcd;
  if (name == "CDAB") return word_order::cdab;
  if (name == "BADC") return word_order::badc;
  if (name == "DCBA") return word_order::dcba;
  return std::nullopt;
}

std::uint64_t read_bits(std::span<const std::uint16_t> registers, word_order order) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < registers.size(); ++i) {
    const auto word = registers[swaps_words(order) ? registers.size() - 1 - i : i];
    bits = bits << 16 | (swaps_bytes(order) ? swap_bytes(word) : word);
  }
  return bits;
}

std::optional<std::int64_t> read_integer(std::span<const std::uint16_t> registers,
                                         register_type type, word_order order) {
  assert(registers.size() == register_count(type) && !is_float(type));
  const std::uint64_t bits = read_bits(registers, order);
  switch (type) {
    case register_type::i16:
      return static_cast<std::int16_t>(bits);
    case register_type::i32:
      return static_cast<std::int32_t>(bits);
    case register_type::i64:
      return static_cast<std::int64_t>(bits);
    default:
      if (bits > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return std::nullopt;
      return static_cast<std::int64_t>(bits);
  }
}

double read_number(std::span<const std::uint16_t> registers, register_type type, word_order order) {
  assert(registers.size() == register_count(type));
  if (type == register_type::f32)
    return std::bit_cast<float>(static_cast<std::uint32_t>(read_bits(registers, order)));
  if (type == register_type::f64) return std::bit_cast<double>(read_bits(registers, order));
  const auto value = read_integer(registers, type, order);
  return value ? static_cast<double>(*value) : std::numeric_limits<double>::quiet_NaN();
}

std::optional<std::vector<std::uint16_t>> write_integer(std::int64_t value, register_type type,
                                                        word_order order) {
  assert(!is_float(type));
  const auto [minimum, maximum] = integer_range(type);
  if (value < minimum || value > maximum) return std::nullopt;
  return scatter(static_cast<std::uint64_t>(value), register_count(type), order);
}

std::optional<std::vector<std::uint16_t>> write_float(double value, register_type type,
                                                      word_order order) {
  assert(is_float(type));
  if (!std::isfinite(value)) return std::nullopt;
  if (type == register_type::f64) return scatter(std::bit_cast<std::uint64_t>(value), 4, order);
  if (std::abs(value) > double{std::numeric_limits<float>::max()}) return std::nullopt;
  return scatter(std::bit_cast<std::uint32_t>(static_cast<float>(value)), 2, order);
}

std::optional<std::string> read_text(std::span<const std::uint16_t> registers, word_order order) {
  std::string text;
  for (const auto each : registers) {
    const auto word = swaps_bytes(order) ? swap_bytes(each) : each;
    text += static_cast<char>(word >> 8);
    text += static_cast<char>(word & 0xFF);
  }
  // What follows the first zero is whatever the device had in its memory.
  text.resize(std::min(text.find('\0'), text.size()));
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_printable)) return std::nullopt;
  return text;
}

std::optional<std::vector<std::uint16_t>> write_text(std::string_view text, std::size_t count,
                                                     word_order order) {
  if (text.size() > 2 * count || !std::all_of(text.begin(), text.end(), is_printable))
    return std::nullopt;
  std::vector<std::uint16_t> registers(count);
  for (std::size_t i = 0; i < text.size(); ++i)
    registers[i / 2] |=
        static_cast<std::uint16_t>(static_cast<unsigned char>(text[i]) << (i % 2 == 0 ? 8 : 0));
  if (swaps_bytes(order))
    for (auto& each : registers) each = swap_bytes(each);
  return registers;
}

} // namespace voltaic::messages::modbus
