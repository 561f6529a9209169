#include "messages/j1939/value_state.hpp"

namespace voltaic::messages::j1939 {
namespace {

constexpr std::uint32_t byte_bits = 8;
constexpr std::uint32_t widest_bits = 32;
constexpr std::uint32_t discrete_bits = 2;
constexpr std::uint32_t status_bits = 4;

value_state state_of_discrete(std::uint64_t raw, std::uint32_t bits) {
  const auto not_available = (std::uint64_t{1} << bits) - 1;
  if (raw == not_available - 1) return value_state::error;
  return raw == not_available ? value_state::not_available : value_state::valid;
}

} // namespace

value_state state_of(std::uint64_t raw, std::uint32_t bits) {
  constexpr std::uint8_t valid_max = 0xFA;
  constexpr std::uint8_t parameter_specific = 0xFB;
  constexpr std::uint8_t error = 0xFE;
  constexpr std::uint8_t not_available = 0xFF;
  if (bits == discrete_bits || bits == status_bits) return state_of_discrete(raw, bits);
  if (bits == 0 || bits % byte_bits != 0 || bits > widest_bits) return value_state::valid;
  const auto top = static_cast<std::uint8_t>(raw >> (bits - byte_bits) & 0xFF);
  if (top <= valid_max) return value_state::valid;
  if (top == parameter_specific) return value_state::parameter_specific;
  if (top == error) return value_state::error;
  return top == not_available ? value_state::not_available : value_state::reserved;
}

std::string_view to_string(value_state of) {
  switch (of) {
    case value_state::valid:
      return "valid";
    case value_state::parameter_specific:
      return "parameter specific";
    case value_state::reserved:
      return "reserved";
    case value_state::error:
      return "error indicator";
    case value_state::not_available:
      return "not available";
  }
  return "";
}

} // namespace voltaic::messages::j1939
