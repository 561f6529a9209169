#pragma once

#include <cstdint>
#include <string>

#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// A bus on which nothing was received for so many of the shortest period that is expected there is
/// silent, and not sooner than that.
inline constexpr int silent_periods = 3;
inline constexpr std::int64_t silence_us_min = 1'000'000;
/// Inverters say that they live each second.
inline constexpr std::int64_t keep_alive_us = 1'000'000;

/// After how long without a frame a bus is silent; 0: nothing on it comes by itself again and
/// again.
[[nodiscard]] std::int64_t silence_us_of(const site::plan& plan, const std::string& bus);

} // namespace voltaic::nodes::process
