#pragma once

#include <string>
#include <variant>

#include "messages/expected.hpp"
#include "messages/finding.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// A longer site file, profile or protection file is refused unread.
inline constexpr std::uintmax_t file_bytes_max = 1024 * 1024;

/// Names a copy of the site file that is read in place of it: what was started
/// or applied last, while somebody edits the file. Relative paths and the
/// site's folders stay those of the file itself.
inline constexpr const char* applied_variable = "VOLTAIC_APPLIED_SITE";

/// What that copy is called in the site's runtime folder.
inline constexpr const char* applied_name = "site.toml";

/// Reads a site file and everything it names. Either a complete plan, or every
/// mistake at once, sorted by file, line and column.
[[nodiscard]] std::variant<plan, messages::findings> load(const std::string& path);
/// The same for a text that stands, or stood, at `path`.
[[nodiscard]] std::variant<plan, messages::findings> load_text(const std::string& text,
                                                               const std::string& path);
/// Reads a file of at most `file_bytes_max` bytes. The failure does not name it.
[[nodiscard]] messages::expected<std::string> read_bounded(const std::string& path);

/// `FILE:LINE:COLUMN: message`.
[[nodiscard]] std::string to_string(const messages::finding& finding);

} // namespace voltaic::nodes::site
