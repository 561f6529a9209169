#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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

/// The sites that run on this machine; of a site file or a state folder, only that one. A site
/// without a supervisor is found by its file, where its relay listens.
[[nodiscard]] std::vector<running_site> running_sites(const std::string& place);

/// The site of a file or state folder, or the only one that runs. Otherwise says why on stderr
/// and returns what the command shall exit with.
[[nodiscard]] std::variant<running_site, exit_code> find_running_site(const std::string& place);

} // namespace voltaic::nodes::cli
