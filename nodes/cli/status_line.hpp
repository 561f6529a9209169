#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "nodes/cli/exit_code.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/simulator/stop_signal.hpp"

namespace voltaic::nodes::cli {

/// "12:00:01 rack_0 closed ...": local time; a "!" marks what is not good. `supervised`
/// is what the supervisor says, `view` null where the message bus says nothing.
[[nodiscard]] std::string status_line(const nlohmann::json& supervised, const site_view* view);

/// A line for each rack on which a configuration waits for approval:
/// "rack_0: configuration version 2, another is staged, see voltaic config rack_0 --diff".
[[nodiscard]] std::vector<std::string> staged_configurations(
    const messages::points::point_table& points);

/// Makes a line of a site.
using line_maker = std::function<std::string(const nlohmann::json&, const site_view*)>;

/// One line of the site each second, until it is told to stop or the site has
/// ended. `file` is what the site was looked for by.
[[nodiscard]] exit_code print_each_second(const std::string& file, running_site site,
                                          simulator::stop_signal& stop,
                                          const line_maker& make = status_line);

} // namespace voltaic::nodes::cli
