#pragma once

#include <optional>
#include <string>
#include <vector>

#include "messages/expected.hpp"
#include "messages/finding.hpp"
#include "nodes/process/profile_records.hpp"
#include "nodes/site/plan.hpp"
#include "nodes/site/site_files.hpp"

/// The profiles, protection files and tables that a site was applied with, in a journal in its
/// state folder: what runs where somebody spoiled a file since.
namespace voltaic::nodes::process {

/// The journal of a state folder. Not named as those of nodes, which are all read together.
[[nodiscard]] std::string profile_store_path(const std::string& state_folder);

/// What became of an attempt to keep the files of a site.
struct keeping {
  std::optional<std::string> failure; ///< nothing: they are on disk
  std::vector<std::string> older;     ///< versions that went back
  std::optional<std::string> lost;    ///< that what was kept before is not known any more, and why
};

/// Keeps the files of a plan that was loaded from these contents; on disk when it returns. Who
/// calls holds the site's lock. Writes nothing where they are kept so already.
[[nodiscard]] keeping keep_profiles(const site::plan& plan, const site::contents& of,
                                    std::int64_t utc_us);

/// Files of a plan that was loaded from these contents whose version is lower than that of the set
/// that was applied last, each as a finding of that file. None where nothing is kept.
[[nodiscard]] messages::findings older_than_kept(const site::plan& plan, const site::contents& of);

/// What a state folder keeps. Fails, naming the journal, where there is none or it is unreadable.
[[nodiscard]] messages::expected<kept_profiles> read_profiles(const std::string& state_folder);
/// The same for the site's own user before the site runs: what a power cut left is recovered first.
[[nodiscard]] messages::expected<kept_profiles> recover_profiles(const std::string& state_folder);

/// The files of the newest set with their contents; those that are damaged are left out.
[[nodiscard]] std::vector<site::named_file> files_of(const kept_profiles& known);

} // namespace voltaic::nodes::process
