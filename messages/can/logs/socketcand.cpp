#include "messages/can/logs/socketcand.hpp"

#include "messages/can/logs/text.hpp"

namespace voltaic::messages::can {
namespace {

using namespace text;

constexpr std::size_t extended_digits = 8;

bool take_id(log_entry& out, std::string_view& rest) {
  const auto digits = take_word(rest);
  const auto id = to_number<std::uint32_t>(digits, hexadecimal);
  if (!id || digits.size() > extended_digits) return false;
  return set_id(out.frame, *id, digits.size() == extended_digits || *id > standard_id_max);
}

bool take_time(log_entry& out, std::string_view& rest) {
  const auto time_us = to_millionths(take_word(rest));
  if (!time_us) return false;
  out.frame.time_us = *time_us;
  out.time = log_time::absolute;
  return true;
}

/// Bytes that are joined or stand apart, to the end.
bool set_data(frame& out, std::string_view rest) {
  std::string_view word = take_word(rest);
  for (; !word.empty(); word = take_word(rest))
    for (; !word.empty(); word.remove_prefix(2)) {
      const auto byte = to_byte(word.substr(0, 2));
      if (!byte || out.length == out.data.size()) return false;
      out.data[out.length++] = *byte;
    }
  out.fd = out.length > classic_bytes_max;
  return is_fd_length(out.length);
}

expected<line_kind> read_send(std::string_view line, std::string_view rest, log_entry& out) {
  if (!take_id(out, rest)) return refuse("expected an identifier", line);
  const auto length = to_number<std::uint8_t>(take_word(rest));
  if (!length || !set_data(out.frame, rest) || out.frame.length != *length)
    return refuse("expected as many bytes as announced", line);
  return line_kind::frame;
}

} // namespace

expected<line_kind> read_socketcand(std::string_view line, log_entry& out) {
  out = {};
  auto rest = trim(line);
  if (rest.empty()) return line_kind::nothing;
  const bool is_message = rest.size() >= 2 && rest.front() == '<' && rest.back() == '>';
  if (!is_message || rest.find('>') != rest.size() - 1)
    return refuse("expected one message in < and >", line);
  rest = rest.substr(1, rest.size() - 2);
  const auto name = take_word(rest);
  if (name == "send") return read_send(line, rest, out);
  if (name != "frame" && name != "error") return line_kind::other;
  if (!take_id(out, rest) || !take_time(out, rest))
    return refuse("expected an identifier and a time", line);
  if (name == "error") mark_error(out.frame);
  if (!set_data(out.frame, rest)) return refuse("expected at most 64 bytes", line);
  return line_kind::frame;
}

} // namespace voltaic::messages::can
