#include "messages/can/logs/candump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>

#include "messages/can/logs/text.hpp"

namespace voltaic::messages::can {
namespace {

using namespace text;

/// Of the digit behind "##": the data goes at the other bit rate.
constexpr int fd_switch_flag = 1;
constexpr std::uint32_t error_frame_flag = 0x20000000;
constexpr std::size_t standard_id_digits = 3;
constexpr std::size_t extended_id_digits = 8;
constexpr std::uint8_t raw_length_code_min = 9;
/// Seconds since 1970 have ten digits; a log's own seconds have fewer.
constexpr std::size_t absolute_seconds_digits = 10;
constexpr char colour_start = '\x1b';
constexpr char swap_delimiter = '`';
constexpr std::size_t binary_digits = 8;
constexpr std::int64_t us_per_second = 1'000'000;

/// Fills identifier, extended and error from 3 or 8 hexadecimal digits.
bool set_id_digits(frame& out, std::string_view digits) {
  if (digits.size() != standard_id_digits && digits.size() != extended_id_digits) return false;
  const auto value = to_number<std::uint32_t>(digits, hexadecimal);
  if (!value) return false;
  if (digits.size() == standard_id_digits) return set_id(out, *value, false);
  out.error = (*value & error_frame_flag) != 0;
  const bool fits = set_id(out, *value & ~error_frame_flag, true);
  out.extended = !out.error;
  return fits;
}

/// Digits of bytes, with dots between bytes where the writer liked them.
bool set_data(frame& out, std::string_view digits, std::size_t bytes_max) {
  while (!digits.empty()) {
    if (digits.front() == '.' && out.length > 0) digits.remove_prefix(1);
    const auto byte = to_byte(digits.substr(0, 2));
    if (!byte || out.length >= bytes_max) return false;
    out.data[out.length++] = *byte;
    digits.remove_prefix(2);
  }
  return true;
}

/// "R", "R7": the length that was asked for.
bool set_remote(frame& out, std::string_view text) {
  out.remote = true;
  text.remove_prefix(1);
  if (text.empty()) return true;
  const auto length = to_number<std::uint8_t>(text);
  if (!length || *length > classic_bytes_max) return false;
  out.length = *length;
  return true;
}

/// Takes "_9" to "_F", the length code of a classic frame with 8 bytes.
bool take_length_code(std::string_view& text) {
  const auto mark = text.find('_');
  if (mark == std::string_view::npos) return true;
  const auto code = to_number<std::uint8_t>(text.substr(mark + 1), hexadecimal);
  text = text.substr(0, mark);
  return code && *code >= raw_length_code_min && *code <= length_code_max;
}

struct log_stamp {
  std::int64_t time_us = 0;
  log_time kind = log_time::none;
};

/// "2020-12-19 12:04:45.485261"
std::optional<log_stamp> parse_date(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00 00:00:00.";
  if (text.size() <= shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] != '0' && text[i] != shape[i]) return std::nullopt;
  const auto field = [&](std::size_t at, std::size_t digits) {
    return to_number<unsigned>(text.substr(at, digits));
  };
  const auto year = field(0, 4), month = field(5, 2), day = field(8, 2);
  const auto hour = field(11, 2), minute = field(14, 2);
  const auto second_us = to_millionths(text.substr(17));
  if (!year || !month || !day || !hour || !minute || !second_us) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second_us > 60 * us_per_second)
    return std::nullopt;
  const auto time =
      std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
  return log_stamp{seconds.count() * us_per_second + *second_us, log_time::absolute};
}

/// What stands between the brackets of a time. Writers know milli-, micro- and
/// nanoseconds; another number of decimals is a torn line.
std::optional<log_stamp> parse_stamp(std::string_view text) {
  text = trim(text);
  const auto point = text.rfind('.');
  if (point == std::string_view::npos) return std::nullopt;
  const auto decimals = text.size() - point - 1;
  if (decimals != 3 && decimals != 6 && decimals != 9) return std::nullopt;
  if (text.find('-') != std::string_view::npos) return parse_date(text);
  const auto time_us = to_millionths(text);
  if (!time_us) return std::nullopt;
  return log_stamp{*time_us,
                   point >= absolute_seconds_digits ? log_time::absolute : log_time::relative};
}

/// Takes a leading "( ... )"; a line without one has no time.
bool take_stamp(std::string_view& line, log_entry& out) {
  line = trim(line);
  if (line.empty() || line.front() != '(') return true;
  line.remove_prefix(1);
  if (line.find(')') == std::string_view::npos) return false;
  const auto stamp = parse_stamp(take_until(line, ')'));
  if (!stamp) return false;
  out.frame.time_us = stamp->time_us;
  out.time = stamp->kind;
  return true;
}

/// "DROPCOUNT: dropped 5 CAN frames on 'can0' socket (total drops 5)"
std::optional<log_entry> parse_drop_count(std::string_view line) {
  constexpr std::string_view start = "DROPCOUNT: dropped ";
  if (!line.starts_with(start)) return std::nullopt;
  line.remove_prefix(start.size());
  const auto count = to_number<std::uint64_t>(take_word(line));
  if (!count || take_until(line, '\'').empty()) return std::nullopt;
  log_entry result;
  result.dropped = *count;
  result.channel = take_until(line, '\'');
  return result;
}

/// Two hexadecimal digits, or the eight binary ones of `-i`.
std::optional<std::uint8_t> to_console_byte(std::string_view digits) {
  if (digits.size() == binary_digits) return to_number<std::uint8_t>(digits, 2);
  return to_byte(digits);
}

/// "88`77`66": the bytes of `-S`, the last one first.
bool set_swapped_data(frame& out, std::string_view text, std::size_t length) {
  out.length = static_cast<std::uint8_t>(length);
  for (std::size_t i = length; i > 0; --i) {
    const auto byte = to_console_byte(take_until(text, swap_delimiter));
    if (!byte) return false;
    out.data[i - 1] = *byte;
  }
  return text.empty();
}

/// As many bytes as announced; a quoted column or "ERRORFRAME" may follow.
bool set_console_data(frame& out, std::string_view rest, std::size_t length) {
  const bool swapped =
      trim(rest).substr(0, binary_digits + 1).find(swap_delimiter) != std::string_view::npos;
  if (swapped) {
    if (!set_swapped_data(out, take_word(rest), length)) return false;
  } else {
    for (std::size_t i = 0; i < length; ++i) {
      const auto byte = to_console_byte(take_word(rest));
      if (!byte) return false;
      out.data[out.length++] = *byte;
    }
  }
  rest = trim(rest);
  if (rest == "ERRORFRAME") mark_error(out);
  return rest.empty() || rest == "ERRORFRAME" || rest.front() == '\'';
}

/// "[8]", "[08]" of CAN FD, or "{C}", the length code of `-8`.
std::optional<std::size_t> announced_length(std::string_view word, frame& out) {
  if (word.size() < 3 || word.size() > 4) return std::nullopt;
  const auto inside = word.substr(1, word.size() - 2);
  if (word.front() == '{' && word.back() == '}') {
    const auto code = to_number<std::uint8_t>(inside, hexadecimal);
    if (!code || *code > length_code_max) return std::nullopt;
    return length_of_code(*code, false);
  }
  if (word.front() != '[' || word.back() != ']') return std::nullopt;
  const auto length = to_number<std::uint8_t>(inside);
  out.fd = inside.size() == 2;
  if (!length || !is_fd_length(*length)) return std::nullopt;
  if (!out.fd && *length > classic_bytes_max) return std::nullopt;
  return *length;
}

/// The line without the colours of `-c`.
std::string uncoloured(std::string_view line) {
  std::string plain;
  while (!line.empty()) {
    plain += take_until(line, colour_start);
    const auto end = line.find('m');
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  return plain;
}

} // namespace

expected<frame> parse_frame_text(std::string_view text) {
  text = trim(text);
  if (text.size() > log_line_bytes_max) return refuse("frame text is too long", text);
  frame result;
  std::string_view rest = text;
  if (rest.find('#') == std::string_view::npos || !set_id_digits(result, take_until(rest, '#')))
    return refuse("expected 3 or 8 hexadecimal digits and '#'", text);
  if (rest.starts_with('#')) {
    rest.remove_prefix(1);
    result.fd = true;
    if (rest.empty() || digit_value(rest.front()) < 0)
      return refuse("expected one flag digit after '##'", text);
    result.bit_rate_switch = (digit_value(rest.front()) & fd_switch_flag) != 0;
    rest.remove_prefix(1);
    if (!set_data(result, rest, result.data.size()) || !is_fd_length(result.length))
      return refuse("expected the bytes of a CAN FD frame", text);
    return result;
  }
  if (!take_length_code(rest)) return refuse("expected a length code 9 to F after '_'", text);
  const bool remote = rest.starts_with('R') || rest.starts_with('r');
  const bool good = remote ? set_remote(result, rest) : set_data(result, rest, classic_bytes_max);
  if (!good) return refuse("expected at most 8 bytes or R and a length", text);
  return result;
}

expected<log_entry> parse_candump_log(std::string_view line) {
  if (line.size() > log_line_bytes_max) return refuse("line is too long", line);
  log_entry result;
  std::string_view rest = trim(line);
  if (!rest.starts_with('(') || !take_stamp(rest, result))
    return refuse("expected (SECONDS.MICROSECONDS)", line);
  result.channel = take_word(rest);
  const auto parsed = parse_frame_text(take_word(rest));
  if (!parsed) return parsed.error();
  const auto direction = trim(rest);
  if (!direction.empty() && direction != "T" && direction != "R")
    return refuse("expected nothing, T or R after the frame", line);
  const auto time_us = result.frame.time_us;
  result.frame = *parsed;
  result.frame.time_us = time_us;
  return result;
}

expected<log_entry> parse_candump_console(std::string_view line) {
  if (line.size() > log_line_bytes_max) return refuse("line is too long", line);
  if (line.find(colour_start) != std::string_view::npos)
    return parse_candump_console(uncoloured(line));
  log_entry result;
  std::string_view rest = trim(line);
  if (const auto drop = parse_drop_count(rest)) return *drop;
  if (!take_stamp(rest, result)) return refuse("expected a time between brackets", line);
  result.channel = take_word(rest);
  auto id = take_word(rest);
  while (id == "RX" || id == "TX" || id == "-" || id == "B" || id == "E")
    id = take_word(rest); // -x
  if (result.channel.empty() || !set_id_digits(result.frame, id))
    return refuse("expected an interface and 3 or 8 hexadecimal digits", line);
  const auto length = announced_length(take_word(rest), result.frame);
  if (!length) return refuse("expected [LENGTH], 0 to 8 or of CAN FD", line);
  if (trim(rest) == "remote request") {
    if (result.frame.fd) return refuse("CAN FD has no remote frames", line);
    result.frame.remote = true;
    result.frame.length = static_cast<std::uint8_t>(*length);
    return result;
  }
  if (!set_console_data(result.frame, rest, *length))
    return refuse("expected as many bytes as announced", line);
  return result;
}

expected<log_entry> parse_candump(std::string_view line) {
  if (line.find('#') != std::string_view::npos && line.find('[') == std::string_view::npos)
    return parse_candump_log(line);
  return parse_candump_console(line);
}

expected<line_kind> read_candump(std::string_view line, log_entry& out) {
  // candump -e explains an error frame in lines of its own, set in by a tab.
  if (line.starts_with('\t') || trim(line).empty()) return line_kind::nothing;
  auto parsed = parse_candump(line);
  if (!parsed) return parsed.error();
  out = *std::move(parsed);
  return out.dropped > 0 ? line_kind::lost : line_kind::frame;
}

void write_candump_log(std::string& out, const frame& frame, std::string_view interface,
                       std::int64_t utc_us) {
  auto at = std::back_inserter(out);
  fmt::format_to(at, "({:010}.{:06}) {} ", utc_us / us_per_second, utc_us % us_per_second,
                 interface);
  if (frame.error) fmt::format_to(at, "{:08X}#", frame.id | error_frame_flag);
  if (!frame.error)
    fmt::format_to(at, fmt::runtime(frame.extended ? "{:08X}#" : "{:03X}#"), frame.id);
  if (frame.fd) out += frame.bit_rate_switch ? "#1" : "#0";
  if (frame.remote) {
    out += 'R';
    if (frame.length > 0) fmt::format_to(at, "{}", frame.length);
  } else {
    append_bytes(out, frame);
  }
  out += '\n';
}

void write_candump_loss(std::string& out, std::string_view interface, std::uint64_t lost,
                        std::uint64_t lost_in_all) {
  fmt::format_to(std::back_inserter(out),
                 "DROPCOUNT: dropped {} CAN frames on '{}' socket (total drops {})\n", lost,
                 interface, lost_in_all);
}

} // namespace voltaic::messages::can
