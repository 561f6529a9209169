#pragma once

#include "actors/protection/protection_model.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::process {

/// Adds the points that only this rack has and that candidates of its table judge, as its device
/// reports them.
void add_own_points(const messages::profiles::device_profile& profile,
                    actors::protection::protection_options& rules);

} // namespace voltaic::nodes::process
