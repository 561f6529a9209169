#pragma once

#include <string>
#include <vector>

#include "messages/expected.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// The folders of a site, from the environment: not created, only named.
[[nodiscard]] folders site_folders(const std::string& site_name, const std::string& real_path);

/// The folder that holds one runtime folder a site.
[[nodiscard]] std::string runtime_root();

/// The state folders that the sites of a file left behind, whatever they were
/// called; without a file those of all sites. Sorted.
[[nodiscard]] std::vector<std::string> kept_state_folders(const std::string& real_path);

/// Creates runtime, progress, log and state folders: mode 0700, or, where a group may use the
/// site, 2750 with that group and files that its members may read (the umask of this process).
/// Refuses a folder that belongs to somebody else, and one that the group cannot reach.
[[nodiscard]] messages::expected<bool> create(const folders& folders);

} // namespace voltaic::nodes::site
