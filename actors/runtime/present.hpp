#pragma once

#include <cstdint>

#include "actors/runtime/actor.hpp"

/// A chain lives on the time of its port. One that stood still, or whose port
/// does, lives in the past until it has caught up. What it sees is old then, and
/// this says how old. A recording's time is never behind.
namespace voltaic::actors::runtime {

/// Nobody acts on a command who is further behind: one tick may be on its way.
/// Whoever can keep up at all is back within this after every hiccup.
inline constexpr std::int64_t lag_max_us = 2 * bus::can::tick_period_us;

/// The present on the clock of the step: the later of the step's time and the
/// node's. Deadlines and ages are judged by it: what is over must not act.
[[nodiscard]] instant present(const context& owner, instant step);

/// The step lies so far in the past that nothing may be begun on what is seen
/// in it: it waits until the chain has caught up.
[[nodiscard]] bool lags(const context& owner, instant step);

/// When something that is heard now, and was said or stamped at `source_us`, was so, on the node's
/// clock: what waited while the node stood still is as old as it is, and nothing is younger than
/// its hearing. To an actor that lives on a recording whatever it hears is new. All nodes of a site
/// are on one machine, whose monotonic clock they share.
[[nodiscard]] std::int64_t true_at_us(const context& owner, std::int64_t source_us);

} // namespace voltaic::actors::runtime
