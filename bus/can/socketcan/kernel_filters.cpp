#include "bus/can/socketcan/kernel_filters.hpp"

#include <algorithm>
#include <bit>

namespace voltaic::bus::can {
namespace {

/// The largest block that begins at `first` and ends at or before `last`, in identifiers.
std::uint32_t block_size(std::uint32_t first, std::uint32_t last, std::uint32_t highest) {
  const std::uint32_t aligned = first == 0 ? highest + 1 : 1U << std::countr_zero(first);
  return std::min(aligned, std::bit_floor(last - first + 1));
}

void add_range(std::vector<can_filter>& into, const id_range& range) {
  const std::uint32_t highest = range.extended ? CAN_EFF_MASK : CAN_SFF_MASK;
  const std::uint32_t last = std::min(range.last, highest);
  std::uint32_t first = range.first;
  while (first <= last && into.size() <= kernel_filters_max) {
    const std::uint32_t size = block_size(first, last, highest);
    // The flag of 29 bits is compared too: 0x123 and 0x00000123 are two identifiers.
    into.push_back(
        {first | (range.extended ? CAN_EFF_FLAG : 0U), (highest & ~(size - 1)) | CAN_EFF_FLAG});
    first += size;
  }
}

} // namespace

std::vector<can_filter> kernel_filters(const id_filter& wanted) {
  std::vector<can_filter> result;
  for (const id_range& each : wanted.ranges()) add_range(result, each);
  if (result.empty() || result.size() > kernel_filters_max) return {can_filter{0, 0}};
  return result;
}

} // namespace voltaic::bus::can
