#include "messages/modbus/frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "messages/modbus/pdu.hpp"

namespace voltaic::messages::modbus {
namespace {

constexpr std::size_t length_bytes_min = 2; // unit and function
constexpr std::size_t length_bytes_max = pdu_bytes_max + 1;
// Unit, function, address and one more word, checksum.
constexpr std::size_t plain_bytes = 8;

std::uint16_t word_at(std::span<const std::uint8_t> from, std::size_t at) {
  return static_cast<std::uint16_t>(from[at] << 8 | from[at + 1]);
}

void put_word(std::vector<std::uint8_t>& into, std::size_t at, std::uint16_t word) {
  into[at] = static_cast<std::uint8_t>(word >> 8);
  into[at + 1] = static_cast<std::uint8_t>(word);
}

/// `count_at`: where the number of the bytes that follow stands.
std::optional<std::size_t> counted(std::span<const std::uint8_t> begin, std::size_t count_at) {
  if (begin.size() <= count_at) return std::nullopt;
  return count_at + 1 + begin[count_at] + 2;
}

} // namespace

tcp_parsed parse_tcp(std::span<const std::uint8_t> stream) {
  // A wrong header is known before it is complete.
  if (stream.size() >= 4 && word_at(stream, 2) != 0) return {framing::broken, {}, 0};
  if (stream.size() < 6) return {};
  const std::size_t length = word_at(stream, 4);
  if (length < length_bytes_min || length > length_bytes_max) return {framing::broken, {}, 0};
  const std::size_t bytes = tcp_header_bytes - 1 + length;
  if (stream.size() < bytes) return {};
  const auto pdu = stream.subspan(tcp_header_bytes, length - 1);
  return {framing::complete,
          {word_at(stream, 0), stream[6], std::vector<std::uint8_t>(pdu.begin(), pdu.end())},
          bytes};
}

std::vector<std::uint8_t> encode_tcp(const tcp_frame& frame) {
  const auto length = frame.pdu.size() + 1;
  std::vector<std::uint8_t> made(tcp_header_bytes + frame.pdu.size());
  put_word(made, 0, frame.transaction);
  put_word(made, 4, static_cast<std::uint16_t>(length));
  made[6] = frame.unit;
  std::ranges::copy(frame.pdu, made.begin() + tcp_header_bytes);
  return made;
}

std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
  constexpr std::uint16_t polynomial = 0xA001;
  std::uint16_t crc = 0xFFFF;
  for (const auto byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ byte);
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<std::uint16_t>((crc & 1) != 0 ? (crc >> 1) ^ polynomial : crc >> 1);
  }
  return crc;
}

std::optional<rtu_frame> parse_rtu(std::span<const std::uint8_t> frame) {
  if (frame.size() <= rtu_overhead_bytes || frame.size() > rtu_frame_bytes_max) return std::nullopt;
  const auto body = frame.first(frame.size() - 2);
  const auto sum = frame.subspan(body.size());
  if (crc16(body) != (sum[0] | sum[1] << 8)) return std::nullopt;
  return rtu_frame{body[0], std::vector<std::uint8_t>(body.begin() + 1, body.end())};
}

std::vector<std::uint8_t> encode_rtu(const rtu_frame& frame) {
  std::vector<std::uint8_t> made(1 + frame.pdu.size());
  made[0] = frame.unit;
  std::ranges::copy(frame.pdu, made.begin() + 1);
  const auto sum = crc16(made);
  made.push_back(static_cast<std::uint8_t>(sum));
  made.push_back(static_cast<std::uint8_t>(sum >> 8));
  return made;
}

std::uint8_t lrc(std::span<const std::uint8_t> bytes) {
  unsigned sum = 0;
  for (const auto byte : bytes) sum += byte;
  return static_cast<std::uint8_t>(0u - sum);
}

std::optional<rtu_frame> parse_ascii(std::string_view frame) {
  constexpr std::string_view end = "\r\n";
  constexpr int hexadecimal = 16;
  if (!frame.starts_with(':') || !frame.ends_with(end)) return std::nullopt;
  const auto digits = frame.substr(1, frame.size() - 1 - end.size());
  if (digits.size() % 2 != 0 || digits.size() / 2 > rtu_frame_bytes_max) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    std::uint8_t byte = 0;
    const auto* first = digits.data() + i;
    const auto [stop, error] = std::from_chars(first, first + 2, byte, hexadecimal);
    if (error != std::errc{} || stop != first + 2) return std::nullopt;
    bytes.push_back(byte);
  }
  // The sum of all with the LRC is 0.
  constexpr std::size_t bytes_min = 3;
  if (bytes.size() < bytes_min || lrc(bytes) != 0) return std::nullopt;
  return rtu_frame{bytes.front(), {bytes.begin() + 1, bytes.end() - 1}};
}

std::string encode_ascii(const rtu_frame& frame) {
  std::vector<std::uint8_t> bytes{frame.unit};
  bytes.insert(bytes.end(), frame.pdu.begin(), frame.pdu.end());
  bytes.push_back(lrc(bytes));
  std::string made = ":";
  for (const auto byte : bytes) made += fmt::format("{:02X}", byte);
  return made + "\r\n";
}

std::optional<std::size_t> rtu_request_bytes(std::span<const std::uint8_t> begin) {
  if (begin.size() < 2) return std::nullopt;
  switch (static_cast<function>(begin[1])) {
    case function::read_coils:
    case function::read_discrete:
    case function::read_holding:
    case function::read_input:
    case function::write_coil:
    case function::write_register:
      return plain_bytes;
    case function::mask_write:
      return plain_bytes + 2;
    case function::write_coils:
    case function::write_registers:
      return counted(begin, 6);
    case function::read_write:
      return counted(begin, 10);
  }
  return 0;
}

std::optional<std::size_t> rtu_answer_bytes(std::span<const std::uint8_t> begin) {
  constexpr std::size_t exception_bytes = 5;
  if (begin.size() < 2) return std::nullopt;
  if ((begin[1] & exception_bit) != 0) return exception_bytes;
  switch (static_cast<function>(begin[1])) {
    case function::write_coil:
    case function::write_register:
    case function::write_coils:
    case function::write_registers:
      return plain_bytes;
    case function::mask_write:
      return plain_bytes + 2;
    case function::read_coils:
    case function::read_discrete:
    case function::read_holding:
    case function::read_input:
    case function::read_write:
      return counted(begin, 2);
  }
  return 0;
}

} // namespace voltaic::messages::modbus
