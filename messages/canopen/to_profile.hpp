#pragma once

#include <cstdint>
#include <string_view>

#include "messages/canopen/eds.hpp"
#include "messages/profiles/imported_profile.hpp"

namespace voltaic::messages::canopen {

/// Makes a point of each number in the transmit PDOs of a node, by the name, type and limits of
/// its object, and a set command of each receive PDO that carries one number alone whose value a
/// point shows: a first profile, not commissioned, in which a person then gives scales and units,
/// which no EDS has, and names the points that Voltaic knows. What a profile cannot say (PDOs that
/// are disabled or map nothing, texts, objects that the file does not describe) is left out and
/// told.
[[nodiscard]] profiles::imported_profile to_profile(const device_description& from,
                                                    std::string_view name, std::uint8_t node);

} // namespace voltaic::messages::canopen
