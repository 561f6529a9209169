#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

/// Loads a site file. Prints every finding to stderr and returns nothing when
/// it has any; prints warnings, prefixed by the command's name.
[[nodiscard]] std::optional<site::plan> load_site(std::string_view command,
                                                  const std::string& path);

} // namespace voltaic::nodes::cli
