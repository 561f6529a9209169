#pragma once

#include <string>
#include <variant>

#include "messages/finding.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// A longer site file, profile or protection file is refused unread.
inline constexpr std::uintmax_t file_bytes_max = 1024 * 1024;

/// Reads a site file and everything it names. Either a complete plan, or every
/// mistake at once, sorted by file, line and column.
[[nodiscard]] std::variant<plan, messages::findings> load(const std::string& path);

/// `FILE:LINE:COLUMN: message`.
[[nodiscard]] std::string to_string(const messages::finding& finding);

} // namespace voltaic::nodes::site
