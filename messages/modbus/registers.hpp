#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Numbers in 16-bit registers and back.
namespace voltaic::messages::modbus {

/// Bytes of a number over its two or four registers. ABCD is big-endian, as most
/// devices have it; C goes before A where the last register comes first, and B
/// before A where each register's bytes are swapped.
enum class word_order : std::uint8_t { abcd, cdab, badc, dcba };
/// What registers hold; each number type has its width in the name.
enum class register_type : std::uint8_t { u16, i16, u32, i32, u64, i64, f32, f64, text };

/// No number takes more registers.
inline constexpr std::size_t registers_per_number_max = 4;

/// True for numbers that may be no number.
[[nodiscard]] constexpr bool is_float(register_type type) {
  return type == register_type::f32 || type == register_type::f64;
}

/// Registers that a number of this type takes; a text states its own.
[[nodiscard]] constexpr std::uint16_t register_count(register_type type) {
  switch (type) {
    case register_type::u16:
    case register_type::i16:
    case register_type::text:
      return 1;
    case register_type::u32:
    case register_type::i32:
    case register_type::f32:
      return 2;
    case register_type::u64:
    case register_type::i64:
    case register_type::f64:
      return 4;
  }
  return 1;
}

/// The integers that the type holds, of a float those that it holds exactly. A
/// u64 counts to the largest i64 only: no counter gets there, and devices say
/// "no value" with what lies beyond.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> integer_range(register_type type);

/// "ABCD", "CDAB", "BADC" or "DCBA".
[[nodiscard]] std::optional<word_order> word_order_from_name(std::string_view name);

/// The bits of a number of one, two or four registers.
[[nodiscard]] std::uint64_t read_bits(std::span<const std::uint16_t> registers, word_order order);
/// An integer type's value, or nullopt for a u64 that i64 does not hold;
/// `registers` holds `register_count(type)` of them.
[[nodiscard]] std::optional<std::int64_t> read_integer(std::span<const std::uint16_t> registers,
                                                       register_type type, word_order order);
/// The value of any number; may be NaN or infinite for a float.
[[nodiscard]] double read_number(std::span<const std::uint16_t> registers, register_type type,
                                 word_order order);

/// An integer's registers, or nullopt when the type cannot hold it.
[[nodiscard]] std::optional<std::vector<std::uint16_t>> write_integer(std::int64_t value,
                                                                      register_type type,
                                                                      word_order order);
/// A float's registers, or nullopt when it is not finite or too large for the type.
[[nodiscard]] std::optional<std::vector<std::uint16_t>> write_float(double value,
                                                                    register_type type,
                                                                    word_order order);

/// A text of two bytes a register, the high one first (the low one for BADC and
/// DCBA), without what follows its end. Nullopt when it is empty or holds bytes
/// that are not printable ASCII.
[[nodiscard]] std::optional<std::string> read_text(std::span<const std::uint16_t> registers,
                                                   word_order order);
/// A text's registers, filled up with zeros; nullopt when it is too long or not
/// printable.
[[nodiscard]] std::optional<std::vector<std::uint16_t>> write_text(std::string_view text,
                                                                   std::size_t count,
                                                                   word_order order);

} // namespace voltaic::messages::modbus
