#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "messages/dbc/database.hpp"

namespace voltaic::messages::dbc {

/// A device profile for a person to edit, and what it does not hold of the database.
struct imported_profile {
  std::string json;       ///< as `profiles::load_profile` takes it
  std::size_t points = 0; ///< without any it is no profile
  std::vector<std::string> left_out;
};

/// Makes a point of each signal and a message of each classic frame: a first profile, not
/// commissioned, in which a person then names the points that Voltaic knows. Signals in other
/// units than Voltaic's are converted (mV to V) where that is exact, else have none. What a
/// profile cannot say (CAN FD, selectors below selectors, several selectors in a message,
/// overlapping signals) is left out and told.
[[nodiscard]] imported_profile to_profile(const database& from, std::string_view name);

} // namespace voltaic::messages::dbc
