#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "messages/finding.hpp"
#include "messages/toml.hpp"

namespace voltaic::messages {

/// The content of a TOML file, or the mistake at which reading it ended, in words
/// for the person who wrote it and where that person has to look. `file` is only
/// used in the finding. Never throws on any text.
[[nodiscard]] std::variant<toml::table, finding> parse_toml(std::string_view text,
                                                            const std::string& file);

} // namespace voltaic::messages
