#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "messages/canopen/object_dictionary.hpp"
#include "messages/expected.hpp"

namespace voltaic::messages::canopen {

/// Codes of data types in the object dictionary (CiA 301, 7.4.7). Others are devices' own.
enum class data_type : std::uint16_t {
  boolean = 0x01,
  integer8 = 0x02,
  integer16 = 0x03,
  integer32 = 0x04,
  unsigned8 = 0x05,
  unsigned16 = 0x06,
  unsigned32 = 0x07,
  real32 = 0x08,
  visible_string = 0x09,
  octet_string = 0x0A,
  unicode_string = 0x0B,
  time_of_day = 0x0C,
  time_difference = 0x0D,
  domain = 0x0F,
  integer24 = 0x10,
  real64 = 0x11,
  integer40 = 0x12,
  integer48 = 0x13,
  integer56 = 0x14,
  integer64 = 0x15,
  unsigned24 = 0x16,
  unsigned40 = 0x18,
  unsigned48 = 0x19,
  unsigned56 = 0x1A,
  unsigned64 = 0x1B
};

/// "UNSIGNED32" as CiA 301 has it; empty for what it does not have.
[[nodiscard]] std::string_view to_string(data_type type);
[[nodiscard]] std::optional<data_type> parse_data_type(std::string_view name);

/// 1 to 64 for what has a fixed length, 0 for texts and bytes. BOOLEAN has 1 in a PDO and a
/// byte in an SDO.
[[nodiscard]] std::uint32_t bits_of(data_type type);
[[nodiscard]] bool is_signed(data_type type);
[[nodiscard]] bool is_integer(data_type type);
[[nodiscard]] bool is_real(data_type type);

/// Truth, integers by their sign, reals, texts in UTF-8, and bytes for all else.
using object_value =
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string, object_bytes>;

/// Reads what an SDO carries. Texts end at a zero. Fails where the length does not fit.
[[nodiscard]] expected<object_value> decode(data_type type, std::span<const std::uint8_t> data);
/// The other way. Fails on a value that the type cannot hold.
[[nodiscard]] expected<object_bytes> encode(data_type type, const object_value& value);

/// Some bits of a PDO as a value: fewer bits than the type's are of its sign as well. `count`
/// is 1 to 64.
[[nodiscard]] object_value value_of_bits(data_type type, std::uint64_t bits, std::uint32_t count);

/// As JSON: bytes as hexadecimal text, reals that are no number as null.
[[nodiscard]] std::string to_json(const object_value& value);

} // namespace voltaic::messages::canopen
