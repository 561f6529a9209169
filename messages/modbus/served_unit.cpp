#include "messages/modbus/served_unit.hpp"

namespace voltaic::messages::modbus {
namespace {

table table_of(function asked) {
  switch (asked) {
    case function::read_coils:
    case function::write_coil:
    case function::write_coils:
      return table::coil;
    case function::read_discrete:
      return table::discrete;
    case function::read_input:
      return table::input;
    default:
      return table::holding;
  }
}

std::optional<exception> write_masked(served_unit& unit, const request& asked) {
  std::uint16_t value = 0;
  if (const auto refused = unit.read(table::holding, asked.address, {&value, 1})) return refused;
  const auto keep = asked.values[0];
  value = static_cast<std::uint16_t>((value & keep) | (asked.values[1] & ~keep));
  return unit.write(table::holding, asked.address, {&value, 1});
}

/// Writes what is asked for and leaves in `values` what is to be answered.
std::optional<exception> act(served_unit& unit, const request& asked,
                             std::vector<std::uint16_t>& values) {
  const auto where = table_of(asked.function);
  values.resize(asked.count);
  if (asked.function == function::mask_write) return write_masked(unit, asked);
  if (asked.count == 0) return unit.write(where, asked.address, asked.values);
  const auto refused = unit.read(where, asked.address, values);
  if (refused || asked.function != function::read_write) return refused;
  // It reads what was written; that it can be read was seen before.
  if (const auto unwritten = unit.write(where, asked.write_address, asked.values)) return unwritten;
  return unit.read(where, asked.address, values);
}

} // namespace

std::vector<std::uint8_t> serve(served_unit& unit, std::span<const std::uint8_t> pdu) {
  const std::uint8_t code = pdu.empty() ? 0 : pdu[0];
  const auto parsed = parse_request(pdu);
  if (const auto* refused = std::get_if<exception>(&parsed))
    return encode_exception(code, *refused);
  const auto& asked = std::get<request>(parsed);
  std::vector<std::uint16_t> values;
  if (const auto refused = act(unit, asked, values)) return encode_exception(code, *refused);
  return encode_answer(asked, values);
}

} // namespace voltaic::messages::modbus
