#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scenarios/property/play.hpp"

namespace voltaic::tests::property {

/// More failures of one run say nothing new.
inline constexpr std::size_t failures_max = 5;

/// What became of many scenarios.
struct harvest {
  std::uint64_t played = 0;
  hit_counters hits;
  std::vector<std::string> failures; ///< as `describe` tells them
};

/// Told after each scenario.
using progress = std::function<void(const harvest& so_far)>;

/// Plays `count` seeds from `first` on in worker processes that share them out
/// one by one, and stops early after `failures_max` failures. A worker that
/// ends by a signal or an exception is a failure of the seed it played.
[[nodiscard]] harvest play_in_workers(std::uint64_t first, std::uint64_t count, unsigned workers,
                                      player with, const progress& tell);

} // namespace voltaic::tests::property
