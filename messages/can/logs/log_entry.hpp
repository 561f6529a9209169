#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "messages/can/frame.hpp"
#include "messages/expected.hpp"

/// Logs of CAN frames as text, line by line. One file a format; `log_reader.hpp`
/// knows which one a log is in. Nothing here throws on any text.
namespace voltaic::messages::can {

/// What the time of a logged frame counts from.
enum class log_time : std::uint8_t {
  none,     ///< the line carries no time
  relative, ///< the start of the log, or of its writer
  absolute  ///< 1970-01-01
};

/// One line of a log; `frame.time_us` is its time as logged.
struct log_entry {
  can::frame frame;
  std::string channel; ///< "can0", a bus number such as "1", or empty
  log_time time = log_time::none;
  std::uint64_t dropped = 0; ///< a line that tells of lost frames carries no frame
};

/// What a line of a log is; one that is none of these is a failure.
enum class line_kind : std::uint8_t {
  frame,
  lost,    ///< its writer lost `dropped` frames here
  nothing, ///< a header, a comment, an empty line
  other    ///< something that happened and is no CAN frame: statistics, states, other buses
};

/// A longer line is refused.
inline constexpr std::size_t log_line_bytes_max = 1024;

/// The name of the bus as people and programs are shown it: the interface of the
/// log, or `bus` and its number; without either `bus0`.
[[nodiscard]] std::string bus_name(std::string_view channel);

/// Seconds with six decimals, as logged: "1953.613500"; empty without a time.
[[nodiscard]] std::string seconds_text(const log_entry& entry);

} // namespace voltaic::messages::can
