#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "messages/finding.hpp"
#include "nodes/site/plan.hpp"
#include "nodes/site/site_files.hpp"

namespace voltaic::nodes::process {

/// What to do where a file that the site names is bad or gone.
enum class bad_files : std::uint8_t {
  run_kept, ///< start with the files that were applied last, where the site is sound with them
  /// The same beside whoever runs the site: what was applied is only read where that can be, and
  /// nothing is judged by it.
  run_kept_as_reader,
  refuse
};

/// A site as it is to be started.
struct site_start {
  site::plan plan;
  site::contents contents;     ///< that the plan was loaded from
  messages::findings rejected; ///< why kept files are among them; empty: all are as on disk
  /// What runs instead of what is on disk: "rack.json of 2026-11-22T10:00:00Z, 1a2b3c4d5e6f7081".
  std::vector<std::string> instead;
};

/// Loads a site to start it. Its own file is always the one on disk. Where what it names is not
/// sound, or of an older version than what was applied last, all that was applied with it last is
/// taken in place of what is on disk, never a part of it; and the site has to be sound with that,
/// else every mistake on disk is returned.
[[nodiscard]] std::variant<site_start, messages::findings> load_to_start(const std::string& file,
                                                                         bad_files what_to_do);

/// In one sentence, with file and line; empty where nothing was rejected.
[[nodiscard]] std::string rejection_of(const site_start& started);

} // namespace voltaic::nodes::process
