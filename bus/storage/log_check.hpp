#pragma once

#include <optional>
#include <string>

/// Looks at SQLite's write-ahead log before SQLite does, which takes a log that
/// is damaged somewhere for one that ends there, and says nothing.
namespace voltaic::bus::storage {

/// Why records that were once on disk are missing in the log of `path`. Nothing
/// when the log is sound, or torn only where a crash may tear it: in its last
/// transaction, that nobody was told of. Throws std::runtime_error when the log
/// cannot be read.
[[nodiscard]] std::optional<std::string> find_log_damage(const std::string& path);

} // namespace voltaic::bus::storage
