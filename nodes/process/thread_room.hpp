#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace voltaic::nodes::process {

/// Threads that every node needs beside its first one and those of its ports and lines:
/// worker, timer, endpoint, journal, captures, and the message bus library's own two.
inline constexpr std::size_t node_threads = 7;

/// Whether the system gives this process that many more threads now: nothing when it does,
/// else why not and what to do, in words. Libraries end the whole process without a clear
/// word where a thread is refused to them, so this is asked before they are there.
[[nodiscard]] std::optional<std::string> lack_of_threads(std::size_t wanted);

} // namespace voltaic::nodes::process
