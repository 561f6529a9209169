#pragma once

#include <string_view>

#include "messages/dbc/database.hpp"
#include "messages/profiles/imported_profile.hpp"

namespace voltaic::messages::dbc {

/// Makes a point of each signal and a message of each classic frame: a first profile, not
/// commissioned, in which a person then names the points that Voltaic knows. Signals in other
/// units than Voltaic's are converted (mV to V) where that is exact, else have none. What a
/// profile cannot say (CAN FD, selectors below selectors, several selectors in a message,
/// overlapping signals) is left out and told.
[[nodiscard]] profiles::imported_profile to_profile(const database& from, std::string_view name);

} // namespace voltaic::messages::dbc
