#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "messages/dbc/database.hpp"
#include "messages/defects.hpp"

namespace voltaic::messages::dbc {

/// A longer file is refused.
inline constexpr std::size_t file_bytes_max = 32 * 1024 * 1024;

/// A database, and what was wrong with its file.
struct loaded {
  dbc::database database;
  findings defects;
};

/// Reads a DBC file in UTF-8 or Windows-1252. Each finding names `file` and the line. A file
/// in which no statement of the format is found is refused in both ways.
[[nodiscard]] std::variant<loaded, findings> load(std::string_view text, std::string_view file,
                                                  strictness how);

} // namespace voltaic::messages::dbc
