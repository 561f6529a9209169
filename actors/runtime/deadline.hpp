#pragma once

#include <cstdint>

#include "actors/runtime/actor.hpp"

namespace voltaic::actors::runtime {

/// The UTC by which an actor that lives on a port's time judges deadlines: the
/// later of its step's and the node's, on the step's clock. A chain that catches
/// up after a standstill lives in the past for a moment, and what is over by
/// then must not act.
[[nodiscard]] std::int64_t deadline_clock_utc_us(const context& owner, instant step);

} // namespace voltaic::actors::runtime
