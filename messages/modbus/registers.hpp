#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

/// Numbers in 16-bit registers and back.
namespace voltaic::messages::modbus {

/// Bytes of a number over its registers; ABCD is big-endian, as most devices have it.
enum class word_order : std::uint8_t { abcd, cdab, badc, dcba };
enum class register_type : std::uint8_t { u16, i16, u32, i32, f32 };

inline constexpr std::size_t registers_per_value_max = 2;

/// Registers that a value of this type takes.
[[nodiscard]] constexpr std::uint16_t register_count(register_type type) {
  return type == register_type::u16 || type == register_type::i16 ? 1 : 2;
}

/// The integers that the type holds; of f32 those that it holds exactly.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> integer_range(register_type type);

/// "ABCD", "CDAB", "BADC" or "DCBA".
[[nodiscard]] std::optional<word_order> word_order_from_name(std::string_view name);

/// An integer type's value; `registers` holds `register_count(type)` of them.
[[nodiscard]] std::int64_t read_integer(std::span<const std::uint16_t> registers,
                                        register_type type, word_order order);
/// The value of any type; may be NaN or infinite for f32.
[[nodiscard]] double read_number(std::span<const std::uint16_t> registers, register_type type,
                                 word_order order);

/// An integer's registers, or nullopt when the type cannot hold it.
[[nodiscard]] std::optional<std::vector<std::uint16_t>> write_integer(std::int64_t value,
                                                                      register_type type,
                                                                      word_order order);
/// A float's registers, or nullopt when it is not finite or too large for f32.
[[nodiscard]] std::optional<std::vector<std::uint16_t>> write_float(double value, word_order order);

} // namespace voltaic::messages::modbus
