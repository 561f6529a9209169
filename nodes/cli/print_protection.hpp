#pragma once

#include <string>

#include "nodes/cli/exit_code.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

/// Whose limits are printed.
inline constexpr const char* limits_in_force =
    "in-force"; ///< by the site's journals, else the files
inline constexpr const char* limits_of_files = "files";
inline constexpr const char* limits_staged = "staged"; ///< that wait for approval

/// All that protection and contactors of each rack judge by, as CSV with the columns of the shipped
/// defaults, each table once; where racks differ, a comment says whose follows. Tells on stderr
/// from where each rack's limits are, and which candidates have no input.
[[nodiscard]] exit_code print_protection(const site::plan& plan, const std::string& which);

} // namespace voltaic::nodes::cli
