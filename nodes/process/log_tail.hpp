#pragma once

#include <string>

namespace voltaic::nodes::process {

/// Of a log file's end so much is looked at, and of its last line so much told.
inline constexpr std::size_t log_tail_bytes = 4096;
inline constexpr std::size_t log_line_bytes_max = 300;

/// The last line of a log that is not empty: what a process said before it ended.
/// Empty when the file cannot be read or has none.
[[nodiscard]] std::string last_line(const std::string& path);

} // namespace voltaic::nodes::process
