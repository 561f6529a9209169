#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/protection/protection_model.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::process {

/// A device and the profile by which it speaks.
struct speaking_device {
  std::string name; ///< empty: the rack's own
  std::shared_ptr<const messages::profiles::device_profile> profile;
};

/// Adds the points beside those of every rack that candidates of its table judge, as their devices
/// report them.
void add_own_points(const std::vector<speaking_device>& devices,
                    actors::protection::protection_options& rules);

} // namespace voltaic::nodes::process
