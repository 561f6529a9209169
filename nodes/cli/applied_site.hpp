#pragma once

#include <optional>

#include "nodes/cli/running_site.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

/// The site as it was started or applied last, whatever somebody writes meanwhile. Where nobody
/// applies anything its file says it. Nothing: that cannot be read.
[[nodiscard]] std::optional<site::plan> applied_site(const running_site& site);

} // namespace voltaic::nodes::cli
