#pragma once

#include "messages/configuration/rack_configuration.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::site {

/// What the site's files say of a rack, gathered from the site file, its device's profile and its
/// protection file. The rack's device and both files are there, as in every complete plan.
[[nodiscard]] messages::configuration::rack_configuration configuration_of(const plan& of,
                                                                           const rack& item);

} // namespace voltaic::nodes::site
