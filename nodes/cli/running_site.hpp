#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "messages/points/point_table.hpp"
#include "nodes/cli/command_options.hpp"
#include "nodes/cli/exit_code.hpp"

namespace voltaic::nodes::cli {

/// Whether a supervisor said this of its site; otherwise services or containers run the nodes,
/// each by itself, and this is what the site's file says.
[[nodiscard]] inline bool is_supervised(const nlohmann::json& status) {
  return status.contains("holder");
}

/// A site that runs on this machine, as its supervisor describes it.
struct running_site {
  std::string control_path;
  std::string relay;     ///< address prefix of the message bus
  nlohmann::json status; ///< the supervisor's answer, or what the file of a site without one says
};

/// Where its sockets, its lock and the site file as it was applied last are.
[[nodiscard]] std::string runtime_folder(const running_site& site);

/// Whether its supervisor is gone. A site without one never ends: whoever starts its nodes may
/// start them again, and only who looks at it knows when he has seen enough.
[[nodiscard]] bool has_ended(const running_site& site);

/// The status with the states of its nodes. What a supervisor said stays; without one a node that
/// is `heard` on the message bus runs, and any other is stopped; what a node that runs says of its
/// own process in `points` is added, and what nobody knows has no key.
[[nodiscard]] nlohmann::json with_states(nlohmann::json status, const std::set<std::string>& heard,
                                         const messages::points::point_table& points);

/// Names the site that is meant where several run, as `--site` does.
inline constexpr const char* site_variable = "VOLTAIC_SITE";

/// Declares which running site a command is for: by its option, else by VOLTAIC_SITE. `names` may
/// add a place among the arguments: "--site,SITE". For find_running_site.
option declare_site_option(command_options& app, std::string& to, const char* names = "--site",
                           const char* help = "Site file, where several sites run");

/// The sites that run on this machine; of a site file or a state folder, only that one. A site
/// without a supervisor is found by its file, where its relay listens. Where there is none, folders
/// that this user may not look into are named on stderr.
[[nodiscard]] std::vector<running_site> running_sites(const std::string& place);

/// The site of a file or state folder, or the only one that runs. Otherwise says why on stderr
/// and returns what the command shall exit with: `refused` where a folder may not be looked into.
[[nodiscard]] std::variant<running_site, exit_code> find_running_site(const std::string& place);

} // namespace voltaic::nodes::cli
