#include "messages/can/logs/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace voltaic::messages::can::text {
namespace {

constexpr std::array<std::uint8_t, length_code_max + 1> fd_lengths{0, 1,  2,  3,  4,  5,  6,  7,
                                                                   8, 12, 16, 20, 24, 32, 48, 64};
constexpr std::size_t quoted_bytes_max = 80;

} // namespace

failure refuse(std::string_view what, std::string_view line) {
  std::string quoted(line.substr(0, quoted_bytes_max));
  for (char& c : quoted)
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~')
      c = c == '\t' ? ' ' : '?';
  return failure{fmt::format("{}: \"{}\"", what, quoted)};
}

bool is_fd_length(std::size_t length) {
  for (const auto allowed : fd_lengths)
    if (length == allowed) return true;
  return false;
}

std::uint8_t length_of_code(std::uint32_t code, bool fd) {
  if (!fd && code > classic_bytes_max) return classic_bytes_max;
  return fd_lengths.at(code);
}

std::optional<std::int64_t> to_millionths(std::string_view number) {
  constexpr std::size_t kept_decimals = 6;
  constexpr std::size_t decimals_max = 9;
  constexpr std::int64_t million = 1'000'000;
  const auto point = number.find('.');
  const auto whole_text = number.substr(0, point);
  if (whole_text.size() > seconds_digits_max) return std::nullopt;
  const auto whole = to_number<std::uint64_t>(whole_text);
  if (!whole) return std::nullopt;
  const auto result = static_cast<std::int64_t>(*whole) * million;
  if (point == std::string_view::npos) return result;
  const auto decimals = number.substr(point + 1);
  if (decimals.empty() || decimals.size() > decimals_max) return std::nullopt;
  std::int64_t part = 0;
  for (std::size_t i = 0; i < std::max(decimals.size(), kept_decimals); ++i) {
    const char digit = i < decimals.size() ? decimals[i] : '0';
    if (!is_digit(digit)) return std::nullopt;
    if (i < kept_decimals) part = part * 10 + (digit - '0');
  }
  return result + part;
}

bool set_id(frame& out, std::uint32_t id, bool extended) {
  out.id = id;
  out.extended = extended;
  return id <= (extended ? extended_id_max : standard_id_max);
}

void append_bytes(std::string& out, const frame& frame) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (std::size_t i = 0; i < frame.length; ++i) {
    out += digits[frame.data[i] / hexadecimal];
    out += digits[frame.data[i] % hexadecimal];
  }
}

bool take_bytes(frame& out, std::string_view& text, std::size_t length) {
  if (length > out.data.size()) return false;
  out.length = static_cast<std::uint8_t>(length);
  for (std::size_t i = 0; i < length; ++i) {
    const auto byte = to_byte(take_word(text));
    if (!byte) return false;
    out.data[i] = *byte;
  }
  return true;
}

} // namespace voltaic::messages::can::text
