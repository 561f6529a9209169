#pragma once

#include <string_view>

#include "nodes/cli/command_options.hpp"
#include "nodes/process/site_start.hpp"

namespace voltaic::nodes::cli {

/// Declares that a command shall not start a site with files that were kept.
void declare_refuse_option(command_options& app, bool& to);

/// Says on stderr all that is wrong with a site's files where it starts all the same; which files
/// run instead, its event says.
void print_rejected(std::string_view command, const process::site_start& start);

} // namespace voltaic::nodes::cli
