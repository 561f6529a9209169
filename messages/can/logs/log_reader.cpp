#include "messages/can/logs/log_reader.hpp"

#include <algorithm>
#include <iterator>

#include "messages/can/logs/candump.hpp"
#include "messages/can/logs/gvret.hpp"
#include "messages/can/logs/python_can.hpp"
#include "messages/can/logs/slcan.hpp"
#include "messages/can/logs/socketcand.hpp"
#include "messages/can/logs/text.hpp"

namespace voltaic::messages::can {
namespace {

using namespace text;

/// What some editors put before the first line.
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// `< hi >`, `< frame ... >`: else any markup would be one.
bool is_socketcand(std::string_view text) {
  constexpr std::string_view known[] = {"hi", "ok", "frame", "error", "send", "stat", "echo"};
  return std::ranges::find(known, take_word(text)) != std::end(known);
}

bool is_asc_row(std::string_view line) {
  asc_reader reader;
  log_entry entry;
  return reader.read(line, entry).has_value();
}

} // namespace

std::string_view to_string(log_format format) {
  switch (format) {
    case log_format::unknown:
      return "unknown";
    case log_format::candump:
      return "candump";
    case log_format::gvret:
      return "GVRET CSV";
    case log_format::asc:
      return "Vector ASC";
    case log_format::trc:
      return "PEAK TRC";
    case log_format::python_can:
      return "python-can text";
    case log_format::slcan:
      return "slcan";
    case log_format::socketcand:
      return "socketcand";
  }
  return "unknown";
}

log_format recognise(std::string_view line) {
  const auto text = trim(line);
  if (text.empty() || line.size() > log_line_bytes_max) return log_format::unknown;
  if (text.front() == ';' || is_trc_row(text)) return log_format::trc;
  if (text.starts_with("Timestamp:")) return log_format::python_can;
  if (is_gvret_header(text) || parse_gvret(text)) return log_format::gvret;
  if (is_asc_header(text)) return log_format::asc;
  if (parse_candump(text)) return log_format::candump;
  if (is_asc_row(text)) return log_format::asc;
  log_entry entry;
  if (text.front() == '<' && read_socketcand(text, entry).has_value()) {
    return is_socketcand(text.substr(1)) ? log_format::socketcand : log_format::unknown;
  }
  const auto slcan = read_slcan(text, entry);
  return slcan && *slcan == line_kind::frame ? log_format::slcan : log_format::unknown;
}

expected<line_kind> log_reader::read(std::string_view line, log_entry& out) {
  if (first_ && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  first_ = false;
  if (line.size() > log_line_bytes_max) return refuse("line is too long", line);
  if (format_ == log_format::unknown) {
    if (trim(line).empty()) return line_kind::nothing;
    format_ = recognise(line);
  }
  switch (format_) {
    case log_format::candump:
      return read_candump(line, out);
    case log_format::gvret:
      return read_gvret(line, out);
    case log_format::asc:
      return asc_.read(line, out);
    case log_format::trc:
      return trc_.read(line, out);
    case log_format::python_can:
      return read_python_can(line, out);
    case log_format::slcan:
      return read_slcan(line, out);
    case log_format::socketcand:
      return read_socketcand(line, out);
    case log_format::unknown:
      break;
  }
  return refuse("a log of no known format", line);
}

} // namespace voltaic::messages::can
