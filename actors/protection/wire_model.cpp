#include "actors/protection/wire_model.hpp"

#include <cmath>
#include <cstdlib>

namespace voltaic::actors::protection {

namespace {

constexpr double millionth = 1e6;
constexpr std::int64_t deviation_min = static_cast<std::int64_t>(wire_deviation_v * millionth);

std::int64_t mean_of(const element_values& cells) {
  std::int64_t sum = 0;
  std::int64_t usable = 0;
  for (std::size_t each = 0; each < cells.count; ++each) {
    sum += cells.value[each] & cells.valid[each];
    usable -= cells.valid[each];
  }
  return usable == 0 ? 0 : sum / usable;
}

bool mirror(std::int64_t one, std::int64_t other) {
  const bool is_far = std::abs(one) >= deviation_min && std::abs(other) >= deviation_min;
  if (!is_far) return false;
  // Of two that stand off to one side more is left over than lies between them.
  const auto rest = static_cast<double>(std::abs(one + other));
  return rest <= wire_mirror_share * static_cast<double>(std::abs(one - other));
}

} // namespace

wire_finding cells_beside_open_wires(const element_values& cells, std::uint32_t group_size) {
  wire_finding found;
  if (!cells.any_valid) return found;
  // Most of the time no two cells lie so far apart at all.
  if (std::int64_t{cells.maximum} - cells.minimum < 2 * deviation_min) return found;
  const auto mean = mean_of(cells);
  for (std::size_t each = 0; each + 1 < cells.count; ++each) {
    const bool is_border = group_size > 0 && (each + 1) % group_size == 0;
    if (is_border || cells.valid[each] == 0 || cells.valid[each + 1] == 0) continue;
    if (!mirror(cells.value[each] - mean, cells.value[each + 1] - mean)) continue;
    if (found.cells == 0) found.first = static_cast<std::uint32_t>(each);
    found.cells += 2;
    ++each; // a cell belongs to one wire
  }
  return found;
}

} // namespace voltaic::actors::protection
