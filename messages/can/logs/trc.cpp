#include "messages/can/logs/trc.hpp"

#include <algorithm>
#include <optional>

#include "messages/can/logs/text.hpp"

namespace voltaic::messages::can {
namespace {

using namespace text;

constexpr std::size_t standard_id_digits = 4;
constexpr std::size_t extended_id_digits_max = 8;
/// The identifier of warnings of the controller.
constexpr std::string_view warning_id = "FFFFFFFF";
/// Columns of 2.x without a head, by whether the fourth is a bus.
constexpr std::string_view columns_without_bus = "NOTIdlD";
constexpr std::string_view columns_with_bus = "NOTBIdRLD";

/// 4 digits are 11 bits, up to 8 digits 29.
bool set_id_digits(frame& out, std::string_view digits) {
  const auto id = to_number<std::uint32_t>(digits, hexadecimal);
  const bool extended = digits.size() > standard_id_digits;
  return id && digits.size() <= extended_id_digits_max && set_id(out, *id, extended);
}

std::optional<std::int64_t> to_time_us(std::string_view milliseconds) {
  const auto millionths = to_millionths(milliseconds);
  if (!millionths) return std::nullopt;
  return *millionths / 1000;
}

bool is_row_kind(std::string_view word) {
  return word == "Rx" || word == "Tx" || word == "Warng" || word == "Error";
}

/// Length and what stands behind it, of a frame that is not of CAN FD.
expected<line_kind> read_classic_data(std::string_view line, std::string_view rest,
                                      log_entry& out) {
  const auto code = to_number<std::uint8_t>(take_word(rest));
  if (!code || *code > length_code_max) return refuse("expected a length of 0 to 8", line);
  const auto length = length_of_code(*code, false);
  out.frame.length = length;
  const auto data = trim(rest);
  if (data.starts_with("ERROR")) {
    out.frame = {.error = true, .time_us = out.frame.time_us};
    return line_kind::frame;
  }
  out.frame.remote = data.starts_with("RTR");
  if (out.frame.remote) return line_kind::frame;
  if (!take_bytes(out.frame, rest, length) || !trim(rest).empty())
    return refuse("expected as many bytes as announced", line);
  return line_kind::frame;
}

/// 1.x: "N) TIME [BUS] [KIND] ID [-] LENGTH BYTES"; 1.0 has no kind, 1.2 and 1.3 have a bus.
expected<line_kind> read_row(std::string_view line, std::string_view rest, log_entry& out) {
  auto word = take_word(rest);
  auto following = rest;
  const auto second = take_word(following);
  if (!is_row_kind(word) && is_row_kind(second)) {
    if (!to_number<unsigned>(word)) return refuse("expected the number of a bus", line);
    out.channel = word;
    word = second;
    rest = following;
  }
  if (is_row_kind(word)) {
    if (word == "Warng") return line_kind::other;
    if (word == "Error") {
      out.frame.error = true;
      return line_kind::frame;
    }
    word = take_word(rest);
  }
  if (word == warning_id) return line_kind::other;
  if (!set_id_digits(out.frame, word))
    return refuse("expected an identifier of 4 or 8 digits", line);
  rest = trim(rest);
  if (rest.starts_with("- ")) rest.remove_prefix(1);
  return read_classic_data(line, rest, out);
}

/// The rows of 2.x that are no frame: states, counters, events.
bool is_report(std::string_view kind) {
  return kind == "ST" || kind == "EC" || kind == "EV";
}

bool is_fd_kind(std::string_view kind) {
  return kind == "FD" || kind == "FB" || kind == "FE" || kind == "BI";
}

bool is_kind(std::string_view kind) {
  return kind == "DT" || kind == "RR" || kind == "ER" || is_fd_kind(kind) || is_report(kind);
}

} // namespace

bool is_trc_row(std::string_view line) {
  const auto number = take_word(line);
  if (!to_time_us(take_word(line))) return false;
  if (number.ends_with(')'))
    return to_number<std::uint64_t>(number.substr(0, number.size() - 1)).has_value();
  return to_number<std::uint64_t>(number) && is_kind(take_word(line));
}

std::string_view trc_reader::columns_of(std::string_view rest) const {
  if (named_count_ > 0) return {named_.data(), named_count_};
  static_cast<void>(take_word(rest)); // kind
  const auto fourth = take_word(rest);
  static_cast<void>(take_word(rest));
  const auto sixth = take_word(rest);
  const bool has_bus = fourth.size() < standard_id_digits && (sixth == "Rx" || sixth == "Tx");
  return has_bus ? columns_with_bus : columns_without_bus;
}

expected<line_kind> trc_reader::read(std::string_view line, log_entry& out) {
  std::string_view rest = trim(line);
  if (rest.empty()) return line_kind::nothing;
  if (rest.starts_with(';')) {
    constexpr std::string_view columns = ";$COLUMNS=";
    if (!rest.starts_with(columns)) return line_kind::nothing;
    rest.remove_prefix(columns.size());
    for (named_count_ = 0; !rest.empty() && named_count_ < columns_max; ++named_count_) {
      const auto letter = trim(take_until(rest, ','));
      named_[named_count_] = letter.size() == 1 ? letter.front() : '?';
    }
    return line_kind::nothing;
  }
  out = {};
  auto number = take_word(rest);
  const bool old_row = number.ends_with(')');
  if (old_row) number.remove_suffix(1);
  // Of 2.x the head may leave the number out; then what was cut off is the time.
  const auto start = rest;
  const auto time_text = old_row || columns_of(start).front() == 'N' ? take_word(rest) : number;
  const auto time_us = to_time_us(time_text);
  if (!time_us || !to_millionths(number)) return refuse("expected a number and a time", line);
  out.frame.time_us = *time_us;
  out.time = log_time::relative;
  return old_row ? read_row(line, rest, out) : read_columns(line, rest, out);
}

/// The columns behind number and time.
expected<line_kind> trc_reader::read_columns(std::string_view line, std::string_view rest,
                                             log_entry& out) const {
  std::string_view kind, id, length;
  bool as_code = false;
  const auto columns = columns_of(rest);
  for (const char column : columns) {
    if (column == 'N' || column == 'O') continue;
    if (column == 'D') break; // the last one
    // Rows that are no frame leave columns out.
    if (!kind.empty() && (is_report(kind) || kind == "ER")) break;
    const auto word = take_word(rest);
    if (column == 'T') kind = word;
    if (column == 'B') out.channel = word;
    if (column == 'I') id = word;
    if (column == 'l' || column == 'L') length = word;
    as_code = as_code || column == 'L';
  }
  if (is_report(kind)) return line_kind::other;
  if (!is_kind(kind)) return refuse("expected a kind such as DT, FD, RR or ST", line);
  if (kind == "ER") {
    out.frame.error = true;
    return line_kind::frame;
  }
  if (!out.channel.empty() && !to_number<unsigned>(out.channel))
    return refuse("expected the number of a bus", line);
  if (!set_id_digits(out.frame, id)) return refuse("expected an identifier of 4 or 8 digits", line);
  out.frame.fd = is_fd_kind(kind);
  out.frame.bit_rate_switch = kind == "FB" || kind == "BI";
  const auto number = to_number<std::uint8_t>(length);
  if (!number || (as_code ? *number > length_code_max : !is_fd_length(*number)))
    return refuse("expected a length", line);
  const auto bytes = as_code ? length_of_code(*number, out.frame.fd) : *number;
  if (!out.frame.fd && bytes > classic_bytes_max)
    return refuse("expected a length of 0 to 8", line);
  out.frame.length = bytes;
  out.frame.remote = kind == "RR";
  if (out.frame.remote) return line_kind::frame;
  if (!take_bytes(out.frame, rest, bytes) || !trim(rest).empty())
    return refuse("expected as many bytes as announced", line);
  return line_kind::frame;
}

} // namespace voltaic::messages::can
