#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace voltaic::nodes::cli {

/// Who runs this command.
[[nodiscard]] std::string user_name();

/// The highest role of a site that one of the user's groups has; `roles` as in
/// the site file. Without any, whoever may use the site's sockets, its owner,
/// has them all.
[[nodiscard]] std::string role_of(const nlohmann::json& roles);

} // namespace voltaic::nodes::cli
