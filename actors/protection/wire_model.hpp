#pragma once

#include <cstdint>

#include "actors/protection/level_model.hpp"

namespace voltaic::actors::protection {

/// Two neighbours that stand this far off the mean of all cells, to either side,
inline constexpr double wire_deviation_v = 0.2;
/// and by the same amount but for this share of what lies between them, have a broken wire
/// between them: what one shows too much the other shows too little.
inline constexpr double wire_mirror_share = 0.1;

/// Cells beside broken sense wires.
struct wire_finding {
  std::uint32_t cells = 0;
  std::uint32_t first = 0; ///< the lowest of them; only if there are any
};
/// Looks for neighbours of one module that mirror each other about the mean of all usable cells,
/// which a broken wire does not move. `cells` in millionths of a volt; `group_size` 0: all stand
/// in one row. Pure, allocates nothing.
///
/// A cell that is found stays judged by its value: one that truly stands so far off has to trip.
[[nodiscard]] wire_finding cells_beside_open_wires(const element_values& cells,
                                                   std::uint32_t group_size);

} // namespace voltaic::actors::protection
