#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "messages/finding.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::messages::protection {

/// A longer file is refused unread.
inline constexpr std::size_t limits_file_bytes_max = 1024 * 1024;

/// Reads the TOML text of a protection file; `file` names it in findings.
/// Either a table that holds every rule, or every mistake at once, by place:
/// unknown, missing or repeated keys, wrong types, candidates and units, NaN,
/// a clear value on the wrong side of set, levels out of order, a higher level
/// with weaker actions than a lower one, a fault that neither latches nor says
/// why, and limits outside the datasheet's envelope.
[[nodiscard]] std::variant<table, findings> load(std::string_view text, const std::string& file);

} // namespace voltaic::messages::protection
