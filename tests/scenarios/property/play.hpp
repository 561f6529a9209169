#pragma once

#include <string>
#include <vector>

#include "scenarios/property/rules.hpp"
#include "scenarios/property/schedule.hpp"
#include "scenarios/property/world.hpp"

/// Plays schedules and judges what happened.
namespace voltaic::tests::property {

/// Plays one and judges it by all rules but the first. Hits are added to `hits`.
[[nodiscard]] std::vector<violation> play(const schedule& what, hit_counters& hits);

/// Plays one twice, the second time with a message bus that ends halfway, and
/// judges by rule 1. What comes by the bus in the second half is left out.
[[nodiscard]] std::vector<violation> play_without_bus(const schedule& what, hit_counters& hits);

/// How a schedule is played.
using player = std::vector<violation> (*)(const schedule& what, hit_counters& hits);

/// The least of a schedule that still breaks the same rule, within a bounded
/// number of plays.
[[nodiscard]] schedule shorten(const schedule& what, int rule, player with);

/// What a person needs to play a failure again.
[[nodiscard]] std::string describe(const schedule& what, const std::vector<violation>& broken,
                                   player with);

} // namespace voltaic::tests::property
