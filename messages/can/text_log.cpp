#include "messages/can/text_log.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <optional>

namespace voltaic::messages::can {
namespace {

constexpr std::uint32_t standard_id_max = 0x7FF;
constexpr std::uint32_t extended_id_max = 0x1FFFFFFF;
constexpr std::uint32_t error_frame_flag = 0x20000000;
constexpr std::size_t standard_id_digits = 3;
constexpr std::size_t extended_id_digits = 8;
constexpr std::size_t classic_bytes_max = 8;
constexpr std::uint8_t raw_length_code_min = 9;
/// Seconds since 1970 have ten digits; a log's own seconds have fewer.
constexpr std::size_t absolute_seconds_digits = 10;
constexpr std::size_t seconds_digits_max = 12;

failure refuse(std::string_view what, std::string_view text) {
  return failure{fmt::format("{}: \"{}\"", what, text.substr(0, 80))};
}

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Cuts the next word off the front.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  std::size_t end = 0;
  while (end < text.size() && !is_space(text[end])) ++end;
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

/// Cuts up to the next separator off the front, and the separator.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

template <class Number>
std::optional<Number> to_number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<std::uint8_t> to_byte(std::string_view two_digits) {
  if (two_digits.size() != 2) return std::nullopt;
  return to_number<std::uint8_t>(two_digits, 16);
}

constexpr bool is_fd_length(std::size_t length) {
  constexpr std::array<std::size_t, 7> longer{12, 16, 20, 24, 32, 48, 64};
  if (length <= classic_bytes_max) return true;
  for (const auto allowed : longer)
    if (length == allowed) return true;
  return false;
}

/// Fills identifier, extended and error from 3 or 8 hexadecimal digits.
bool set_id(frame& out, std::string_view digits) {
  if (digits.size() != standard_id_digits && digits.size() != extended_id_digits) return false;
  const auto value = to_number<std::uint32_t>(digits, 16);
  if (!value) return false;
  if (digits.size() == standard_id_digits) {
    out.id = *value;
    return *value <= standard_id_max;
  }
  out.error = (*value & error_frame_flag) != 0;
  out.id = *value & ~error_frame_flag;
  out.extended = !out.error;
  return out.id <= extended_id_max;
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
  const auto code = to_number<std::uint8_t>(text.substr(mark + 1), 16);
  text = text.substr(0, mark);
  return code && *code >= raw_length_code_min && *code <= 0xF;
}

struct log_stamp {
  std::int64_t time_us = 0;
  log_time kind = log_time::none;
};

/// "485261" or "485261000" to microseconds.
std::optional<std::int64_t> fraction_us(std::string_view digits) {
  constexpr std::size_t micro_digits = 6;
  constexpr std::size_t nano_digits = 9;
  if (digits.size() != micro_digits && digits.size() != nano_digits) return std::nullopt;
  const auto value = to_number<std::uint32_t>(digits.substr(0, micro_digits));
  const auto rest = to_number<std::uint32_t>(digits);
  if (!value || !rest) return std::nullopt;
  return *value;
}

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
  const auto hour = field(11, 2), minute = field(14, 2), second = field(17, 2);
  const auto micro = fraction_us(text.substr(shape.size()));
  if (!year || !month || !day || !hour || !minute || !second || !micro) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto time = std::chrono::sys_days(date) + std::chrono::hours(*hour) +
                    std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  constexpr std::int64_t us_per_second = 1'000'000;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
  return log_stamp{seconds.count() * us_per_second + *micro, log_time::absolute};
}

/// What stands between the brackets of a time.
std::optional<log_stamp> parse_stamp(std::string_view text) {
  text = trim(text);
  if (text.find('-') != std::string_view::npos) return parse_date(text);
  const auto point = text.find('.');
  if (point == std::string_view::npos || point > seconds_digits_max) return std::nullopt;
  const auto seconds = to_number<std::uint64_t>(text.substr(0, point));
  const auto micro = fraction_us(text.substr(point + 1));
  if (!seconds || !micro) return std::nullopt;
  constexpr std::int64_t us_per_second = 1'000'000;
  return log_stamp{static_cast<std::int64_t>(*seconds) * us_per_second + *micro,
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

/// Two hexadecimal digits a byte, as many as announced; a quoted column may follow.
bool set_console_data(frame& out, std::string_view rest, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    const auto byte = to_byte(take_word(rest));
    if (!byte) return false;
    out.data[out.length++] = *byte;
  }
  rest = trim(rest);
  if (rest == "ERRORFRAME") out.error = true;
  return rest.empty() || rest == "ERRORFRAME" || rest.front() == '\'';
}

} // namespace

expected<frame> parse_frame_text(std::string_view text) {
  text = trim(text);
  if (text.size() > log_line_bytes_max) return refuse("frame text is too long", text);
  frame result;
  std::string_view rest = text;
  if (rest.find('#') == std::string_view::npos || !set_id(result, take_until(rest, '#')))
    return refuse("expected 3 or 8 hexadecimal digits and '#'", text);
  if (rest.starts_with('#')) {
    rest.remove_prefix(1);
    result.fd = true;
    if (rest.empty() || !to_number<std::uint8_t>(rest.substr(0, 1), 16))
      return refuse("expected one flag digit after '##'", text);
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
  log_entry result;
  std::string_view rest = trim(line);
  if (const auto drop = parse_drop_count(rest)) return *drop;
  if (!take_stamp(rest, result)) return refuse("expected a time between brackets", line);
  result.channel = take_word(rest);
  auto id = take_word(rest);
  while (id == "RX" || id == "TX" || id == "-") id = take_word(rest); // candump -x
  if (result.channel.empty() || !set_id(result.frame, id))
    return refuse("expected an interface and 3 or 8 hexadecimal digits", line);
  auto announced = take_word(rest);
  if (announced.size() < 3 || announced.front() != '[' || announced.back() != ']')
    return refuse("expected [LENGTH]", line);
  announced = announced.substr(1, announced.size() - 2);
  const auto length = to_number<std::uint8_t>(announced);
  result.frame.fd = announced.size() == 2;
  const bool fits =
      length && (result.frame.fd ? is_fd_length(*length) : *length <= classic_bytes_max);
  if (!fits) return refuse("expected a length of 0 to 8, or of CAN FD", line);
  if (trim(rest) == "remote request") {
    result.frame.remote = true;
    result.frame.length = *length;
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

bool is_gvret_header(std::string_view line) {
  return trim(line).starts_with("Time Stamp,ID,Extended,Bus,LEN");
}

expected<log_entry> parse_gvret(std::string_view line) {
  if (line.size() > log_line_bytes_max) return refuse("line is too long", line);
  log_entry result;
  std::string_view rest = trim(line);
  const auto time_us = to_number<std::uint64_t>(take_until(rest, ','));
  const auto id = to_number<std::uint32_t>(take_until(rest, ','), 16);
  const auto extended = take_until(rest, ',');
  const auto bus = take_until(rest, ',');
  const auto length = to_number<std::uint8_t>(take_until(rest, ','));
  constexpr std::uint64_t time_us_max = 1ull << 62;
  if (!time_us || *time_us > time_us_max || !id || !to_number<unsigned>(bus))
    return refuse("expected time,identifier,extended,bus,length", line);
  if (extended != "true" && extended != "false")
    return refuse("expected true or false in the third column", line);
  result.frame.extended = extended == "true";
  if (*id > (result.frame.extended ? extended_id_max : standard_id_max))
    return refuse("the identifier has too many bits", line);
  if (!length || *length > classic_bytes_max) return refuse("expected a length of 0 to 8", line);
  for (std::uint8_t i = 0; i < *length; ++i) {
    const auto byte = to_byte(take_until(rest, ','));
    if (!byte) return refuse("expected as many bytes as announced", line);
    result.frame.data[i] = *byte;
  }
  result.frame.id = *id;
  result.frame.length = *length;
  result.frame.time_us = static_cast<std::int64_t>(*time_us);
  result.channel = bus;
  result.time = log_time::relative;
  return result;
}

} // namespace voltaic::messages::can
