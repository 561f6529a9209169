#pragma once

#include <vector>

#include "messages/profiles/device_profile.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::nodes::site {

/// Adds what a profile's points ask for beside the candidates of the file: those of their own that
/// the file does not have, with the limits of their quantity. Those whose limits nobody knows are
/// left out.
void add_own_candidates(const messages::profiles::device_profile& profile,
                        messages::protection::table& rules);

/// What is wrong with the own candidates of a rack, each as a sentence that says what to write:
/// limits that nobody stated, a point that the profile does not have, has in another unit, or has
/// as something that is not measured.
[[nodiscard]] std::vector<std::string> mistakes_of_own(
    const messages::profiles::device_profile& profile, const messages::protection::table& rules);

} // namespace voltaic::nodes::site
