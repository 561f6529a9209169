#pragma once

#include <string_view>

#include "messages/can/logs/log_entry.hpp"

/// CSV as SavvyCAN and its GVRET devices write it.
namespace voltaic::messages::can {

/// Whether the line is the header of a GVRET CSV file.
[[nodiscard]] bool is_gvret_header(std::string_view line);

/// A data line: "1953613500,00000109,false,0,8,00,01,...". Newer writers put the
/// direction before the bus.
[[nodiscard]] expected<log_entry> parse_gvret(std::string_view line);

/// Takes one line; the header says nothing.
[[nodiscard]] expected<line_kind> read_gvret(std::string_view line, log_entry& out);

} // namespace voltaic::messages::can
