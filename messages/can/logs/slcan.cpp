#include "messages/can/logs/slcan.hpp"

#include "messages/can/logs/text.hpp"

namespace voltaic::messages::can {
namespace {

using namespace text;

constexpr std::size_t standard_digits = 3;
constexpr std::size_t extended_digits = 8;
constexpr std::size_t stamp_digits = 4;
constexpr std::uint32_t stamp_ms_max = 0xEA5F;
constexpr std::int64_t us_per_ms = 1'000;
constexpr char bell = '\a';

/// What the first letter says of a frame; nothing for any other letter.
struct kind {
  bool extended = false;
  bool remote = false;
  bool fd = false;
  bool bit_rate_switch = false;
};

std::optional<kind> kind_of(char letter) {
  switch (letter) {
    case 't':
      return kind{};
    case 'T':
    case 'x':
      return kind{.extended = true};
    case 'r':
      return kind{.remote = true};
    case 'R':
      return kind{.extended = true, .remote = true};
    case 'd':
      return kind{.fd = true};
    case 'D':
      return kind{.extended = true, .fd = true};
    case 'b':
      return kind{.fd = true, .bit_rate_switch = true};
    case 'B':
      return kind{.extended = true, .fd = true, .bit_rate_switch = true};
    default:
      return std::nullopt;
  }
}

bool set_head(log_entry& out, std::string_view& rest, const kind& what) {
  const auto digits = what.extended ? extended_digits : standard_digits;
  if (rest.size() <= digits) return false;
  const auto id = to_number<std::uint32_t>(rest.substr(0, digits), hexadecimal);
  const int code = digit_value(rest[digits]);
  const bool has_length = code >= 0 && (what.fd || code <= static_cast<int>(classic_bytes_max));
  if (!id || !has_length || !set_id(out.frame, *id, what.extended)) return false;
  out.frame.fd = what.fd;
  out.frame.remote = what.remote;
  out.frame.length = length_of_code(static_cast<std::uint32_t>(code), what.fd);
  out.frame.bit_rate_switch = what.bit_rate_switch;
  rest.remove_prefix(digits + 1);
  return true;
}

bool set_data(frame& out, std::string_view& rest) {
  if (out.remote) return true;
  if (rest.size() < std::size_t{2} * out.length) return false;
  for (std::size_t i = 0; i < out.length; ++i) {
    const auto byte = to_byte(rest.substr(0, 2));
    if (!byte) return false;
    out.data[i] = *byte;
    rest.remove_prefix(2);
  }
  return true;
}

bool set_stamp(log_entry& out, std::string_view rest) {
  if (rest.empty()) return true;
  const auto stamp = to_number<std::uint32_t>(rest, hexadecimal);
  if (rest.size() != stamp_digits || !stamp || *stamp > stamp_ms_max) return false;
  out.frame.time_us = std::int64_t{*stamp} * us_per_ms;
  out.time = log_time::relative;
  return true;
}

} // namespace

expected<line_kind> read_slcan(std::string_view line, log_entry& out) {
  out = {};
  auto rest = trim(line);
  if (rest.empty()) return line_kind::nothing;
  if (rest.front() == bell || rest == "z" || rest == "Z") return line_kind::other;
  const auto what = kind_of(rest.front());
  if (!what) return refuse("expected t, T, r, R, d, D, b or B", line);
  rest.remove_prefix(1);
  if (!set_head(out, rest, *what)) return refuse("expected an identifier and a length", line);
  if (!set_data(out.frame, rest)) return refuse("expected as many bytes as announced", line);
  if (!set_stamp(out, rest)) return refuse("expected four digits of milliseconds at most", line);
  return line_kind::frame;
}

} // namespace voltaic::messages::can
