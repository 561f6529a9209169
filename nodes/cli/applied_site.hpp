#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "nodes/cli/exit_code.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

/// The site as it was started or applied last, whatever somebody writes meanwhile. Where nobody
/// applies anything its file says it. Nothing: that cannot be read.
[[nodiscard]] std::optional<site::plan> applied_site(const running_site& site);
/// What to say where that is nothing.
[[nodiscard]] std::string unreadable_words(const running_site& site);

/// The site of a file, which need not run; without one the only site that runs, as it was started
/// or applied last. Otherwise says why on stderr and returns what `command` shall exit with.
[[nodiscard]] std::variant<site::plan, exit_code> site_of_file(std::string_view command,
                                                               const std::string& file);

} // namespace voltaic::nodes::cli
