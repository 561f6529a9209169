#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/canopen/eds.hpp"

namespace voltaic::messages::canopen {

/// A device profile for a person to edit, and what it does not hold of the file.
struct eds_profile {
  std::string json;       ///< as `profiles::load_profile` takes it
  std::size_t points = 0; ///< without any it is no profile
  std::vector<std::string> left_out;
};

/// Makes a first profile of a device: who it is, its transmit PDOs with a point for each object in
/// them, its identity by SDO, and of a DCF the values that it must have. `node`: its number; else
/// that of a DCF, else 1. Names, units, scales and bounds are for a person: an EDS has none.
[[nodiscard]] eds_profile to_profile(const device_description& from, std::string_view name,
                                     std::optional<std::uint8_t> node);

} // namespace voltaic::messages::canopen
