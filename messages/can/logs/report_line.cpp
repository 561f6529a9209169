#include "messages/can/logs/report_line.hpp"

#include <fmt/format.h>

#include <iterator>

#include "messages/can/logs/text.hpp"
#include "messages/text_encoding.hpp"

namespace voltaic::messages::can {
namespace {

constexpr int standard_digits = 3;
constexpr int extended_digits = 8;

void append_data(std::string& out, const frame& of) {
  if (!of.remote && !of.error) text::append_bytes(out, of);
}

} // namespace

void append_json_head(std::string& out, const log_entry& entry, std::string_view bus_json) {
  const auto& frame = entry.frame;
  const auto time = seconds_text(entry);
  fmt::format_to(std::back_inserter(out), R"({{"t":{},"bus":{},"id":"0x{:0{}X}","extended":{},)",
                 time.empty() ? "null" : time, bus_json, frame.id,
                 frame.extended ? extended_digits : standard_digits, frame.extended);
}

void append_json_tail(std::string& out, const log_entry& entry, bool is_decoded,
                      std::string_view error) {
  const auto& frame = entry.frame;
  if (frame.fd) out += R"(,"fd":true)";
  if (frame.remote) out += R"(,"remote":true)";
  if (frame.error) out += R"(,"error_frame":true)";
  if (!is_decoded) {
    out += R"(,"data":")";
    append_data(out, frame);
    out += '"';
  }
  if (!error.empty()) out += R"(,"error":)" + json_text(error);
  out += '}';
}

void append_text_head(std::string& out, const log_entry& entry, std::string_view bus,
                      std::string_view message, std::size_t message_width) {
  const auto& frame = entry.frame;
  const auto time = seconds_text(entry);
  const auto id =
      fmt::format("0x{:0{}X}", frame.id, frame.extended ? extended_digits : standard_digits);
  fmt::format_to(std::back_inserter(out), "{:>17}  {:<6}  {:<10}  {:<{}}",
                 time.empty() ? "-" : time, bus, id, message, message_width);
}

void append_text_tail(std::string& out, const log_entry& entry, bool is_decoded,
                      std::string_view error) {
  const auto& frame = entry.frame;
  if (frame.error) {
    out += "  error frame";
  } else if (frame.remote) {
    out += "  remote frame";
  } else if (!is_decoded) {
    out += frame.length > 0 ? "  " : "";
    append_data(out, frame);
  }
  if (!error.empty()) fmt::format_to(std::back_inserter(out), "  {}", error);
}

} // namespace voltaic::messages::can
