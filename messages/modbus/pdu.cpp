#include "messages/modbus/pdu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace voltaic::messages::modbus {
namespace {

using bytes = std::vector<std::uint8_t>;
using byte_span = std::span<const std::uint8_t>;

constexpr std::uint16_t coil_on = 0xFF00;

void put(bytes& to, std::uint16_t word) {
  to.push_back(static_cast<std::uint8_t>(word >> 8));
  to.push_back(static_cast<std::uint8_t>(word));
}

std::uint16_t word_at(byte_span from, std::size_t at) {
  return static_cast<std::uint16_t>(from[at] << 8 | from[at + 1]);
}

bool is_bits(function asked) {
  return asked == function::read_coils || asked == function::read_discrete ||
         asked == function::write_coils;
}

/// Bytes that values take: eight bits or half a register in each.
std::size_t value_bytes(function asked, std::size_t count) {
  return is_bits(asked) ? (count + 7) / 8 : count * 2;
}

void put_values(bytes& to, function asked, std::span<const std::uint16_t> values) {
  if (!is_bits(asked)) {
    for (const auto each : values) put(to, each);
    return;
  }
  const auto first = to.size();
  to.resize(first + value_bytes(asked, values.size()));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != 0) to[first + i / 8] |= static_cast<std::uint8_t>(1U << (i % 8));
}

std::vector<std::uint16_t> take_values(byte_span from, function asked, std::size_t count) {
  std::vector<std::uint16_t> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = is_bits(asked) ? static_cast<std::uint16_t>(from[i / 8] >> (i % 8) & 1U)
                               : word_at(from, 2 * i);
  return values;
}

bool within(std::uint16_t address, std::size_t count) {
  return address + count <= address_end;
}

using parsed = std::variant<request, exception>;

parsed parse_read(function asked, byte_span pdu) {
  if (pdu.size() != 5) return exception::value;
  request made{asked, word_at(pdu, 1), word_at(pdu, 3), 0, {}};
  const auto most = is_bits(asked) ? read_bits_max : read_words_max;
  if (made.count == 0 || made.count > most) return exception::value;
  if (!within(made.address, made.count)) return exception::address;
  return made;
}

parsed parse_write_one(function asked, byte_span pdu) {
  if (pdu.size() != 5) return exception::value;
  std::uint16_t value = word_at(pdu, 3);
  if (asked == function::write_coil) {
    if (value != 0 && value != coil_on) return exception::value;
    value = value == coil_on ? 1 : 0;
  }
  return request{asked, word_at(pdu, 1), 0, 0, {value}};
}

parsed parse_write_many(function asked, byte_span pdu) {
  constexpr std::size_t head = 6;
  if (pdu.size() < head) return exception::value;
  const auto count = word_at(pdu, 3);
  const auto most = is_bits(asked) ? write_bits_max : write_words_max;
  if (count == 0 || count > most || pdu[5] != value_bytes(asked, count) ||
      pdu.size() != head + pdu[5])
    return exception::value;
  if (!within(word_at(pdu, 1), count)) return exception::address;
  return request{asked, word_at(pdu, 1), 0, 0, take_values(pdu.subspan(head), asked, count)};
}

parsed parse_read_write(byte_span pdu) {
  constexpr std::size_t head = 10;
  if (pdu.size() < head) return exception::value;
  const auto written = word_at(pdu, 7);
  request made{function::read_write, word_at(pdu, 1), word_at(pdu, 3), word_at(pdu, 5), {}};
  if (made.count == 0 || made.count > read_words_max || written == 0 ||
      written > exchange_words_max || pdu[9] != 2 * written || pdu.size() != head + pdu[9])
    return exception::value;
  if (!within(made.address, made.count) || !within(made.write_address, written))
    return exception::address;
  made.values = take_values(pdu.subspan(head), made.function, written);
  return made;
}

bool is_known(std::uint8_t code) {
  constexpr function known[] = {function::read_coils,   function::read_discrete,
                                function::read_holding, function::read_input,
                                function::write_coil,   function::write_register,
                                function::write_coils,  function::write_registers,
                                function::mask_write,   function::read_write};
  return std::any_of(std::begin(known), std::end(known),
                     [&](function each) { return static_cast<std::uint8_t>(each) == code; });
}

} // namespace

bytes encode(const request& asked) {
  bytes made{static_cast<std::uint8_t>(asked.function)};
  put(made, asked.address);
  switch (asked.function) {
    case function::read_coils:
    case function::read_discrete:
    case function::read_holding:
    case function::read_input:
      put(made, asked.count);
      break;
    case function::write_coil:
      put(made, asked.values.at(0) != 0 ? coil_on : 0);
      break;
    case function::write_register:
      put(made, asked.values.at(0));
      break;
    case function::mask_write:
      put(made, asked.values.at(0));
      put(made, asked.values.at(1));
      break;
    case function::read_write:
      put(made, asked.count);
      put(made, asked.write_address);
      [[fallthrough]];
    case function::write_coils:
    case function::write_registers:
      put(made, static_cast<std::uint16_t>(asked.values.size()));
      made.push_back(static_cast<std::uint8_t>(value_bytes(asked.function, asked.values.size())));
      put_values(made, asked.function, asked.values);
      break;
  }
  assert(made.size() <= pdu_bytes_max);
  return made;
}

parsed parse_request(byte_span pdu) {
  if (pdu.empty() || !is_known(pdu[0])) return exception::function;
  const auto asked = static_cast<function>(pdu[0]);
  switch (asked) {
    case function::read_coils:
    case function::read_discrete:
    case function::read_holding:
    case function::read_input:
      return parse_read(asked, pdu);
    case function::write_coil:
    case function::write_register:
      return parse_write_one(asked, pdu);
    case function::write_coils:
    case function::write_registers:
      return parse_write_many(asked, pdu);
    case function::mask_write:
      if (pdu.size() != 7) return exception::value;
      return request{asked, word_at(pdu, 1), 0, 0, {word_at(pdu, 3), word_at(pdu, 5)}};
    case function::read_write:
      return parse_read_write(pdu);
  }
  return exception::function;
}

bytes encode_answer(const request& asked, std::span<const std::uint16_t> values) {
  if (asked.count == 0) {
    const auto echo = encode(asked);
    // Of a write of many only address and count come back.
    const bool many =
        asked.function == function::write_coils || asked.function == function::write_registers;
    return many ? bytes(echo.begin(), echo.begin() + 5) : echo;
  }
  assert(values.size() == asked.count);
  bytes made{static_cast<std::uint8_t>(asked.function),
             static_cast<std::uint8_t>(value_bytes(asked.function, values.size()))};
  put_values(made, asked.function, values);
  return made;
}

bytes encode_exception(std::uint8_t function, exception why) {
  return {static_cast<std::uint8_t>(function | exception_bit), static_cast<std::uint8_t>(why)};
}

expected<answer> parse_answer(const request& asked, byte_span pdu) {
  const auto code = static_cast<std::uint8_t>(asked.function);
  if (pdu.size() == 2 && pdu[0] == (code | exception_bit)) return answer{pdu[1], {}};
  if (pdu.empty() || pdu[0] != code)
    return failure{fmt::format("the answer is not to function {:02X}", code)};
  if (asked.count == 0) {
    if (!std::ranges::equal(pdu, encode_answer(asked, {})))
      return failure{"the answer echoes another request"};
    return answer{};
  }
  const auto expected_bytes = value_bytes(asked.function, asked.count);
  if (pdu.size() != 2 + expected_bytes || pdu[1] != expected_bytes)
    return failure{fmt::format("the answer does not hold {} values", asked.count)};
  return answer{std::nullopt, take_values(pdu.subspan(2), asked.function, asked.count)};
}

} // namespace voltaic::messages::modbus
