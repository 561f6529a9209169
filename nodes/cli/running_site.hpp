#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nodes/cli/exit_code.hpp"

namespace voltaic::nodes::cli {

/// A site that runs on this machine, as its supervisor describes it.
struct running_site {
  std::string control_path;
  std::string relay;     ///< address prefix of the message bus
  nlohmann::json status; ///< the supervisor's answer
};

/// The sites that run on this machine; of a site file or a state folder, only that one.
[[nodiscard]] std::vector<running_site> running_sites(const std::string& place);

/// The site of a file or state folder, or the only one that runs. Otherwise says why on stderr
/// and returns what the command shall exit with.
[[nodiscard]] std::variant<running_site, exit_code> find_running_site(const std::string& place);

} // namespace voltaic::nodes::cli
