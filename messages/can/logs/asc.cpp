#include "messages/can/logs/asc.hpp"

#include <algorithm>

#include "messages/can/logs/text.hpp"

namespace voltaic::messages::can {
namespace {

using namespace text;

constexpr int decimal = 10;
/// Bit of the flags column of a CANFD line: the frame was in the FD format.
constexpr std::uint32_t fd_format_flag = 0x1000;

/// Whether the line begins so, in whatever case: writers differ.
bool begins_with(std::string_view line, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return line.size() >= word.size() && std::equal(word.begin(), word.end(), line.begin(),
                                                  [&](char a, char b) { return a == lower(b); });
}

bool is_direction(std::string_view word) {
  return word == "Rx" || word == "Tx" || word == "TxRq";
}

} // namespace

bool is_asc_header(std::string_view line) {
  line = trim(line);
  for (const std::string_view start :
       {"date ", "base ", "begin triggerblock", "end triggerblock", "internal events logged",
        "no internal events logged", "// version"})
    if (begins_with(line, start)) return true;
  return false;
}

void asc_reader::read_base(std::string_view line) {
  static_cast<void>(take_word(line));
  base_ = begins_with(take_word(line), "dec") ? decimal : hexadecimal;
  static_cast<void>(take_word(line)); // "timestamps"
  relative_times_ = begins_with(take_word(line), "relative");
}

bool asc_reader::set_id_text(frame& out, std::string_view text) const {
  const bool extended = text.ends_with('x') || text.ends_with('X');
  if (extended) text.remove_suffix(1);
  const auto id = to_number<std::uint32_t>(text, base_);
  return id && set_id(out, *id, extended);
}

bool asc_reader::set_data(frame& out, std::string_view& rest, std::size_t length) const {
  if (base_ == hexadecimal) return take_bytes(out, rest, length);
  if (length > out.data.size()) return false;
  out.length = static_cast<std::uint8_t>(length);
  for (std::size_t i = 0; i < length; ++i) {
    const auto byte = to_number<std::uint8_t>(take_word(rest));
    if (!byte) return false;
    out.data[i] = *byte;
  }
  return true;
}

expected<line_kind> asc_reader::read(std::string_view line, log_entry& out) {
  std::string_view rest = trim(line);
  if (rest.empty() || rest.starts_with("//")) return line_kind::nothing;
  if (!is_digit(rest.front())) {
    if (begins_with(rest, "base ")) read_base(rest);
    // A new block of a log with relative times counts from its own start.
    if (begins_with(rest, "begin triggerblock")) time_us_ = 0;
    if (is_asc_header(rest)) return line_kind::nothing;
    return refuse("expected a time", line);
  }
  const auto time_us = to_millionths(take_word(rest));
  if (!time_us) return refuse("expected a time", line);
  time_us_ = relative_times_ ? time_us_ + *time_us : *time_us;
  out = {};
  out.frame.time_us = time_us_;
  out.time = log_time::relative;
  const auto about = take_word(rest);
  if (about == "CANFD") return read_fd(line, rest, out);
  if (about.empty()) return refuse("expected a channel", line);
  // "CAN 1 Status:", "Start of measurement", "Log trigger event", other kinds of bus.
  if (!is_digit(about.front())) return line_kind::other;
  if (!to_number<unsigned>(about)) return refuse("expected the number of a channel", line);
  out.channel = about;
  return read_classic(line, rest, out);
}

/// "594 Rx d 8 34 21 ... Length = ..." behind time and channel.
expected<line_kind> asc_reader::read_classic(std::string_view line, std::string_view rest,
                                             log_entry& out) const {
  const auto id = take_word(rest);
  if (id == "ErrorFrame") {
    out.frame.error = true;
    return line_kind::frame;
  }
  if (id == "Statistic:" || id == "J1939TP" || id == "OverloadFrame") return line_kind::other;
  if (!set_id_text(out.frame, id)) return refuse("expected an identifier", line);
  if (!is_direction(take_word(rest))) return refuse("expected Rx or Tx", line);
  const auto kind = take_word(rest);
  if (kind != "d" && kind != "r") return refuse("expected d or r", line);
  out.frame.remote = kind == "r";
  const auto code_text = take_word(rest);
  const auto code = to_number<std::uint8_t>(code_text, hexadecimal);
  // A remote frame may come without its length: its columns follow, or nothing does.
  if (out.frame.remote && (code_text.empty() || code_text == "Length")) return line_kind::frame;
  if (!code || *code > length_code_max) return refuse("expected a length of 0 to 8", line);
  const auto length = length_of_code(*code, false);
  out.frame.length = length;
  if (out.frame.remote) return line_kind::frame;
  if (!set_data(out.frame, rest, length))
    return refuse("expected as many bytes as announced", line);
  const auto behind = trim(rest);
  if (!behind.empty() && !behind.starts_with("Length"))
    return refuse("expected as many bytes as announced", line);
  return line_kind::frame;
}

/// "62 Rx 7d [Name] 1 0 8 8 01 1b ... 104812 132 323000 ..." behind time and CANFD.
expected<line_kind> asc_reader::read_fd(std::string_view line, std::string_view rest,
                                        log_entry& out) const {
  out.channel = take_word(rest);
  if (!to_number<unsigned>(out.channel)) return refuse("expected the number of a channel", line);
  if (!is_direction(take_word(rest))) return refuse("expected Rx or Tx", line);
  const auto id = take_word(rest);
  if (id == "ErrorFrame") {
    out.frame.error = true;
    return line_kind::frame;
  }
  if (!set_id_text(out.frame, id)) return refuse("expected an identifier", line);
  auto bit_rate_switch = take_word(rest);
  if (bit_rate_switch != "0" && bit_rate_switch != "1") bit_rate_switch = take_word(rest); // a name
  const auto error_state = take_word(rest);
  if ((bit_rate_switch != "0" && bit_rate_switch != "1") ||
      (error_state != "0" && error_state != "1"))
    return refuse("expected two flags of 0 or 1", line);
  const auto code = to_number<std::uint8_t>(take_word(rest), hexadecimal);
  const auto length = to_number<std::uint8_t>(take_word(rest));
  if (!code || *code > length_code_max || !length || !is_fd_length(*length))
    return refuse("expected a length code and the length of CAN FD", line);
  if (!set_data(out.frame, rest, *length))
    return refuse("expected as many bytes as announced", line);
  static_cast<void>(take_word(rest)); // duration
  static_cast<void>(take_word(rest)); // bits
  const auto flags = to_number<std::uint32_t>(take_word(rest), hexadecimal);
  out.frame.fd = !flags || (*flags & fd_format_flag) != 0 || *length > classic_bytes_max;
  // A logger of CAN FD writes classic frames so as well, which have no second bit rate.
  out.frame.bit_rate_switch = out.frame.fd && bit_rate_switch == "1";
  if (*length == 0 && *code > 0) {
    out.frame.remote = true;
    out.frame.length = length_of_code(*code, false);
  }
  return line_kind::frame;
}

} // namespace voltaic::messages::can
