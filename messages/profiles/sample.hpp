#pragma once

#include <cstdint>

namespace voltaic::messages::profiles {

/// One element of a point, just decoded.
struct sample {
  std::uint16_t point = 0; ///< position in device_profile::points
  bool good = false;       ///< false: sentinel, out of range or not a number
  std::uint32_t index = 0; ///< element of the point
  std::int64_t raw = 0;    ///< of integer points; 0 if not good
  double real = 0;         ///< of f64 points, in engineering units; NaN if not good
};

} // namespace voltaic::messages::profiles
