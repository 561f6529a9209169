#pragma once

#include <linux/can.h>

#include <vector>

#include "bus/can/id_filter.hpp"

namespace voltaic::bus::can {

/// As many as the kernel takes for one socket (CAN_RAW_FILTER_MAX).
inline constexpr std::size_t kernel_filters_max = CAN_RAW_FILTER_MAX;

/// The kernel's filters that pass these identifiers and no others: each range as the fewest
/// blocks of identifiers that differ in their last bits alone. Where they would be more than
/// `kernel_filters_max`, or nothing is asked for, one that passes everything: who listens sorts
/// anyway. Remote frames pass too. Pure.
[[nodiscard]] std::vector<can_filter> kernel_filters(const id_filter& wanted);

} // namespace voltaic::bus::can
