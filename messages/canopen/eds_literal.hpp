#pragma once

#include <cstdint>
#include <string_view>

#include "messages/canopen/data_type.hpp"
#include "messages/expected.hpp"

/// Values as EDS and DCF files write them (CiA 306, 4.3).
namespace voltaic::messages::canopen {

/// A whole number: decimal, hexadecimal by 0x, octal by a leading 0. Hexadecimal and octal
/// ones of a signed type may be its bits: 0xFF is -1 of 8 bits. Fails on what lies outside.
[[nodiscard]] expected<object_value> parse_integer(std::string_view text, std::uint32_t bits,
                                                   bool is_signed);

/// A value of an object, which may grow by its device's node id.
struct eds_value {
  object_value value;
  bool adds_node = false; ///< `$NODEID+0x180`
  /// The value at a device of that node id.
  [[nodiscard]] object_value at(std::uint8_t node) const;
};

/// A literal of the type. Fails on types that have none, and on what lies outside of the type.
[[nodiscard]] expected<eds_value> parse_literal(std::string_view text, data_type type);

} // namespace voltaic::messages::canopen
