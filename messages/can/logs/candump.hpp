#pragma once

#include <string>
#include <string_view>

#include "messages/can/logs/log_entry.hpp"

/// What candump of can-utils prints and logs.
namespace voltaic::messages::can {

/// "123#11.22.33", "12345678#", "123#R7", "123##1AABB" and the like.
[[nodiscard]] expected<frame> parse_frame_text(std::string_view text);

/// A line of the log form (`-l`, `-L`): "(1594172461.968006) vcan0 0C8#F000 T".
[[nodiscard]] expected<log_entry> parse_candump_log(std::string_view line);

/// A line of the console form: " (000.000000)  vcan0  0C8   [8]  F0 00 ...", also
/// coloured, with swapped or binary bytes, flags or an ASCII column. Dates are
/// read as UTC.
[[nodiscard]] expected<log_entry> parse_candump_console(std::string_view line);

/// A line of either form.
[[nodiscard]] expected<log_entry> parse_candump(std::string_view line);

/// Takes one line of either form, and what an error frame means (`-e`) as nothing.
[[nodiscard]] expected<line_kind> read_candump(std::string_view line, log_entry& out);

/// Appends a line of the log form with its end; `utc_us` counts from 1970.
void write_candump_log(std::string& out, const frame& frame, std::string_view interface,
                       std::int64_t utc_us);

/// Appends the line by which candump tells that frames are missing here.
void write_candump_loss(std::string& out, std::string_view interface, std::uint64_t lost,
                        std::uint64_t lost_in_all);

} // namespace voltaic::messages::can
