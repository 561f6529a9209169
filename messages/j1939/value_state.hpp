#pragma once

#include <cstdint>
#include <string_view>

namespace voltaic::messages::j1939 {

/// What the raw value of a parameter says (J1939-71 5.1.4).
enum class value_state : std::uint8_t {
  valid,
  parameter_specific, ///< an indicator of the parameter's own
  reserved,
  error,        ///< the sender's input is broken
  not_available ///< it has none
};

/// By the parameter's width: the highest byte of 1 to 4 whole bytes tells, 0 to 0xFA is valid; of
/// 2 and 4 bits all ones are not available, and one less is an error. Other widths have no such
/// values.
[[nodiscard]] value_state state_of(std::uint64_t raw, std::uint32_t bits);

/// "not available", "error indicator" and so on.
[[nodiscard]] std::string_view to_string(value_state of);

} // namespace voltaic::messages::j1939
