#include "bus/can/id_filter.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace voltaic::bus::can {
namespace {

bool is_before(const id_range& a, const id_range& b) {
  return std::tie(a.extended, a.first) < std::tie(b.extended, b.first);
}

/// Leaves no identifier between them.
bool adjoins(const id_range& lower, const id_range& upper) {
  return lower.extended == upper.extended && upper.first <= std::uint64_t{lower.last} + 1;
}

} // namespace

id_filter::id_filter(std::vector<id_range> ranges) {
  std::ranges::sort(ranges, is_before);
  for (const id_range& each : ranges) {
    if (each.last < each.first) continue;
    if (ranges_.empty() || !adjoins(ranges_.back(), each))
      ranges_.push_back(each);
    else
      ranges_.back().last = std::max(ranges_.back().last, each.last);
  }
}

bool id_filter::wants(const messages::can::frame& one) const {
  const id_range wanted{one.id, one.id, one.extended};
  const auto above = std::ranges::upper_bound(ranges_, wanted, is_before);
  if (above == ranges_.begin()) return false;
  const id_range& closest = *std::prev(above);
  return closest.extended == one.extended && one.id <= closest.last;
}

} // namespace voltaic::bus::can
