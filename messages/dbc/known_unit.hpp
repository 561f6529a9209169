#pragma once

#include <string_view>

namespace voltaic::messages::dbc {

/// A unit as profiles know it, and what its values are multiplied with to be in it; empty
/// where profiles know none.
struct known_unit {
  std::string_view unit;
  double factor = 1;
};
[[nodiscard]] known_unit unit_of(std::string_view text);

} // namespace voltaic::messages::dbc
