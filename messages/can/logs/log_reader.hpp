#pragma once

#include <cstdint>
#include <string_view>

#include "messages/can/logs/asc.hpp"
#include "messages/can/logs/log_entry.hpp"
#include "messages/can/logs/trc.hpp"

namespace voltaic::messages::can {

/// The forms of logs that are understood.
enum class log_format : std::uint8_t {
  unknown,
  candump, ///< console and log form, mixed as they come
  gvret,
  asc,
  trc,
  python_can,
  slcan,
  socketcand
};
/// "candump" and so on.
[[nodiscard]] std::string_view to_string(log_format format);

/// Which format a log is in, by its first line that says so.
[[nodiscard]] log_format recognise(std::string_view line);

/// Reads a log of any format line by line. The first line that a format knows
/// decides; what stands before it is refused.
class log_reader {
 public:
  /// Takes one line, with or without its end; fills `out` for a frame or a loss.
  [[nodiscard]] expected<line_kind> read(std::string_view line, log_entry& out);
  [[nodiscard]] log_format format() const { return format_; }

 private:
  log_format format_ = log_format::unknown;
  bool first_ = true;
  asc_reader asc_;
  trc_reader trc_;
};

} // namespace voltaic::messages::can
