#pragma once

#include <vector>

#include "messages/configuration/compare.hpp"

namespace voltaic::messages::configuration {

/// Compares two tables of limits: adds what differs to `changes` and gives the tighter of each row.
[[nodiscard]] protection::table compare_limits(const protection::table& before,
                                               const protection::table& after,
                                               std::vector<change>& changes);

} // namespace voltaic::messages::configuration
