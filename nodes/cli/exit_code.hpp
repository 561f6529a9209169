#pragma once

namespace voltaic::nodes::cli {

/// What every command answers the shell with.
enum class exit_code : int {
  done = 0,
  findings = 1, ///< mistakes were found, or nothing matched
  usage = 2,
  no_site = 3, ///< no site runs
  refused = 4, ///< refused, or already running
  expired = 5,
  outcome_unknown = 6,
  fault = 7 ///< ended by a fault
};

} // namespace voltaic::nodes::cli
