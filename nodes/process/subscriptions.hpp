#pragma once

#include <cstdint>

#include "bus/message/endpoint.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// Observers get telemetry of a rack's chain together that is said within this time. It is short
/// beside the periods of devices, and long beside those of their single frames.
inline constexpr std::int64_t gather_us = 50'000;
/// The same of nodes without a chain: they are few, each holds many devices, and what a device says
/// is to be known everywhere within 10 ms.
inline constexpr std::int64_t gather_beside_chains_us = 5'000;

/// What a node wants to hear from the relay, to whom it speaks, and how long that may wait for
/// company. A rack's chain hears nobody but who commands it, where the site file names inputs,
/// equipment or an inverter elsewhere those, and other chains only where an input is theirs.
void take_subscriptions(const site::plan& plan, const site::node& node,
                        bus::message::endpoint_options& into);

} // namespace voltaic::nodes::process
