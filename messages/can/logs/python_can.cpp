#include "messages/can/logs/python_can.hpp"

#include "messages/can/logs/text.hpp"

namespace voltaic::messages::can {
namespace {

using namespace text;

/// Seconds since 1970 have ten digits; a log's own seconds have fewer.
constexpr std::size_t absolute_seconds_digits = 10;

bool take_label(std::string_view& rest, std::string_view label) {
  rest = trim(rest);
  if (!rest.starts_with(label)) return false;
  rest.remove_prefix(label.size());
  return true;
}

/// The letters between identifier and length: X S Rx Tx E R F BS EI.
bool set_flags(frame& out, std::string_view flags) {
  bool told = false;
  for (auto word = take_word(flags); !word.empty(); word = take_word(flags)) {
    if (word == "X" || word == "S") {
      out.extended = word == "X";
      told = true;
    } else if (word == "E") {
      out.error = true;
    } else if (word == "R") {
      out.remote = true;
    } else if (word == "F") {
      out.fd = true;
    } else if (word == "BS") {
      out.bit_rate_switch = true;
    } else if (word != "Rx" && word != "Tx" && word != "EI") {
      return false;
    }
  }
  out.bit_rate_switch = out.bit_rate_switch && out.fd;
  return told;
}

/// Bytes as they are there: frames without any may announce a length all the same.
bool set_data(frame& out, std::string_view& rest) {
  const auto announced = out.length;
  rest = trim(rest);
  if (out.remote && !(rest.size() >= 2 && to_byte(rest.substr(0, 2)))) return true;
  return take_bytes(out, rest, announced);
}

} // namespace

expected<line_kind> read_python_can(std::string_view line, log_entry& out) {
  std::string_view rest = trim(line);
  if (rest.empty()) return line_kind::nothing;
  out = {};
  const bool stamped = take_label(rest, "Timestamp:");
  const auto seconds = take_word(rest);
  const auto time_us = to_millionths(seconds);
  if (!stamped || !time_us) return refuse("expected Timestamp: SECONDS", line);
  out.frame.time_us = *time_us;
  out.time = seconds.find('.') >= absolute_seconds_digits ? log_time::absolute : log_time::relative;
  if (!take_label(rest, "ID:")) return refuse("expected ID:", line);
  const auto id = to_number<std::uint32_t>(take_word(rest), hexadecimal);
  const auto label = rest.find("DL");
  if (!id || label == std::string_view::npos || !set_flags(out.frame, rest.substr(0, label)))
    return refuse("expected an identifier, flags and DL:", line);
  if (!set_id(out.frame, *id, out.frame.extended))
    return refuse("the identifier has too many bits", line);
  if (out.frame.error) mark_error(out.frame);
  rest.remove_prefix(label);
  if (!take_label(rest, "DLC:") && !take_label(rest, "DL:")) return refuse("expected DL:", line);
  const auto length = to_number<std::uint8_t>(take_word(rest));
  if (!length || !is_fd_length(*length) || (!out.frame.fd && *length > classic_bytes_max))
    return refuse("expected a length of 0 to 8, or of CAN FD", line);
  out.frame.length = *length;
  if (!set_data(out.frame, rest)) return refuse("expected as many bytes as announced", line);
  // "'text'" of bytes that are letters, then where it came from.
  if (const auto channel = rest.rfind("Channel:"); channel != std::string_view::npos) {
    auto name = rest.substr(channel);
    static_cast<void>(take_label(name, "Channel:"));
    out.channel = trim(name);
    rest = rest.substr(0, channel);
  }
  rest = trim(rest);
  if (!rest.empty() && rest.front() != '\'')
    return refuse("expected as many bytes as announced", line);
  return line_kind::frame;
}

} // namespace voltaic::messages::can
