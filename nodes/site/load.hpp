#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "messages/expected.hpp"
#include "messages/finding.hpp"
#include "nodes/site/plan.hpp"
#include "nodes/site/site_files.hpp"

namespace voltaic::nodes::site {

/// A longer site file, profile or protection file is refused unread.
inline constexpr std::uintmax_t file_bytes_max = 1024 * 1024;

/// Names a file with the `contents` that are read in place of the site file and of all that it
/// names: what was started or applied last, while somebody edits them. Relative paths and the
/// site's folders stay those of the file itself.
inline constexpr const char* applied_variable = "VOLTAIC_APPLIED_SITE";

/// What that file is called in the site's runtime folder.
inline constexpr const char* applied_name = "site.applied";

/// A longer one is refused, when it is written and when it is read.
inline constexpr std::uintmax_t applied_bytes_max = 64 * 1024 * 1024;

/// Reads a site file and everything it names. Either a complete plan, or every
/// mistake at once, sorted by file, line and column.
[[nodiscard]] std::variant<plan, messages::findings> load(const std::string& path);
/// The same for a text that stands, or stood, at `path`.
[[nodiscard]] std::variant<plan, messages::findings> load_text(const std::string& text,
                                                               const std::string& path);
/// The same with the files that it names out of `files`.
[[nodiscard]] std::variant<plan, messages::findings> load_text(const std::string& text,
                                                               const std::string& path,
                                                               site_files& files);
/// The same of contents, and of nothing else.
[[nodiscard]] std::variant<plan, messages::findings> load_contents(const contents& of,
                                                                   const std::string& path);
/// Where the site of such a text keeps what must last; nothing where it does not say its name.
[[nodiscard]] std::optional<folders> folders_of(const std::string& text, const std::string& path);
/// Reads the contents that a supervisor wrote. The failure names the file.
[[nodiscard]] messages::expected<contents> read_applied(const std::string& path);
/// Reads a file of at most so many bytes. The failure does not name it.
[[nodiscard]] messages::expected<std::string> read_bounded(
    const std::string& path, std::uintmax_t bytes_max = file_bytes_max);

/// `FILE:LINE:COLUMN: message`.
[[nodiscard]] std::string to_string(const messages::finding& finding);

} // namespace voltaic::nodes::site
