#pragma once

#include <cstdint>
#include <optional>

#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// How often all cells of a simulated rack are sent, in microseconds: as often as the profile
/// of its device awaits them. Nothing where it does not say.
[[nodiscard]] std::optional<std::int64_t> cell_period_us_of(const device& item);

} // namespace voltaic::nodes::site
