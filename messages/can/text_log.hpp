#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "messages/can/frame.hpp"
#include "messages/expected.hpp"

/// Text forms of CAN frames, line by line. None of these functions throws.
namespace voltaic::messages::can {

/// What the time of a logged frame counts from.
enum class log_time : std::uint8_t {
  none,     ///< the line carries no time
  relative, ///< the start of the log, or the frame before
  absolute  ///< 1970-01-01
};

/// One line of a log; `frame.time_us` is its time as logged.
struct log_entry {
  can::frame frame;
  std::string channel; ///< "can0"; of GVRET the bus number
  log_time time = log_time::none;
  std::uint64_t dropped = 0; ///< a line that tells of lost frames carries no frame
};

/// A longer line is refused.
inline constexpr std::size_t log_line_bytes_max = 1024;

/// "123#11.22.33", "12345678#", "123#R7", "123##1AABB" and the like.
[[nodiscard]] expected<frame> parse_frame_text(std::string_view text);

/// A line of candump's log form (`-l`, `-L`): "(1594172461.968006) vcan0 0C8#F000 T".
[[nodiscard]] expected<log_entry> parse_candump_log(std::string_view line);

/// A line of candump's console form: " (000.000000)  vcan0  0C8   [8]  F0 00 ...".
/// Dates are read as UTC.
[[nodiscard]] expected<log_entry> parse_candump_console(std::string_view line);

/// A line of either form.
[[nodiscard]] expected<log_entry> parse_candump(std::string_view line);

/// Whether the line is the header of a GVRET CSV file.
[[nodiscard]] bool is_gvret_header(std::string_view line);

/// A data line of a GVRET CSV file: "1953613500,00000109,false,0,8,00,01,...".
[[nodiscard]] expected<log_entry> parse_gvret(std::string_view line);

} // namespace voltaic::messages::can
