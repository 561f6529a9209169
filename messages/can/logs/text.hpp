#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "messages/can/frame.hpp"
#include "messages/expected.hpp"

/// What the readers of all log formats have in common.
namespace voltaic::messages::can::text {

inline constexpr std::uint32_t standard_id_max = 0x7FF;
inline constexpr std::uint32_t extended_id_max = 0x1FFFFFFF;
inline constexpr std::uint32_t length_code_max = 15;
inline constexpr int hexadecimal = 16;
/// No logged time has more seconds: about 30,000 years.
inline constexpr std::size_t seconds_digits_max = 12;

/// A failure that quotes the line, shortened and without what a terminal would act on.
[[nodiscard]] failure refuse(std::string_view what, std::string_view line);

[[nodiscard]] constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

[[nodiscard]] constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Cuts the next word off the front.
[[nodiscard]] constexpr std::string_view take_word(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && !is_space(text[end])) ++end;
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

/// Cuts up to the next separator off the front, and the separator.
[[nodiscard]] constexpr std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

/// The whole text as a number; nothing when it is none or does not fit.
template <class Number>
[[nodiscard]] std::optional<Number> to_number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The value of one hexadecimal digit, or -1.
[[nodiscard]] constexpr int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Exactly two hexadecimal digits.
[[nodiscard]] constexpr std::optional<std::uint8_t> to_byte(std::string_view digits) {
  if (digits.size() != 2) return std::nullopt;
  const int high = digit_value(digits[0]);
  const int low = digit_value(digits[1]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<std::uint8_t>(high * hexadecimal + low);
}

/// Whether a frame can have so many bytes: up to 8, of CAN FD also some more.
[[nodiscard]] bool is_fd_length(std::size_t length);

/// Bytes that a length code stands for: 9 to 15 are 12 to 64 of CAN FD, and 8 of others.
[[nodiscard]] std::uint8_t length_of_code(std::uint32_t code, bool fd);

/// A number with up to nine decimals, in millionths: "132.072247" is 132,072,247.
/// What is finer is cut off.
[[nodiscard]] std::optional<std::int64_t> to_millionths(std::string_view number);

/// Fills identifier and extended; false when it has too many bits.
[[nodiscard]] bool set_id(frame& out, std::uint32_t id, bool extended);

/// Of an error frame the identifier is a class of errors, by however many digits it is written.
constexpr void mark_error(frame& out) {
  out.error = true;
  out.extended = false;
}

/// Appends two hexadecimal digits a byte.
void append_bytes(std::string& out, const frame& frame);

/// Takes `length` words of two hexadecimal digits each off the front.
[[nodiscard]] bool take_bytes(frame& out, std::string_view& text, std::size_t length);

} // namespace voltaic::messages::can::text
