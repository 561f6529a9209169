#include "messages/can/logs/gvret.hpp"

#include "messages/can/logs/text.hpp"

namespace voltaic::messages::can {
namespace {

using namespace text;

constexpr std::uint64_t time_us_max = 1ull << 62;

/// The bytes and whatever columns are left empty or filled up behind them.
bool set_data(frame& out, std::string_view rest) {
  for (std::size_t i = 0; i < out.length; ++i) {
    const auto byte = to_byte(trim(take_until(rest, ',')));
    if (!byte) return false;
    out.data[i] = *byte;
  }
  while (!rest.empty()) {
    const auto filling = trim(take_until(rest, ','));
    if (!filling.empty() && !to_byte(filling)) return false;
  }
  return true;
}

} // namespace

bool is_gvret_header(std::string_view line) {
  return trim(line).starts_with("Time Stamp,ID,Extended,");
}

expected<log_entry> parse_gvret(std::string_view line) {
  if (line.size() > log_line_bytes_max) return refuse("line is too long", line);
  log_entry result;
  std::string_view rest = trim(line);
  const auto time_us = to_number<std::uint64_t>(take_until(rest, ','));
  const auto id = to_number<std::uint32_t>(take_until(rest, ','), hexadecimal);
  const auto extended = take_until(rest, ',');
  auto bus = take_until(rest, ',');
  if (bus == "Rx" || bus == "Tx") bus = take_until(rest, ',');
  const auto length = to_number<std::uint8_t>(take_until(rest, ','));
  if (!time_us || *time_us > time_us_max || !id || !to_number<unsigned>(bus))
    return refuse("expected time,identifier,extended,bus,length", line);
  if (extended != "true" && extended != "false")
    return refuse("expected true or false in the third column", line);
  if (!set_id(result.frame, *id, extended == "true"))
    return refuse("the identifier has too many bits", line);
  if (!length || !is_fd_length(*length)) return refuse("expected a length of 0 to 8", line);
  result.frame.length = *length;
  result.frame.fd = *length > classic_bytes_max;
  if (!set_data(result.frame, rest)) return refuse("expected as many bytes as announced", line);
  result.frame.time_us = static_cast<std::int64_t>(*time_us);
  result.channel = bus;
  result.time = log_time::relative;
  return result;
}

expected<line_kind> read_gvret(std::string_view line, log_entry& out) {
  if (is_gvret_header(line) || trim(line).empty()) return line_kind::nothing;
  auto parsed = parse_gvret(line);
  if (!parsed) return parsed.error();
  out = *std::move(parsed);
  return line_kind::frame;
}

} // namespace voltaic::messages::can
