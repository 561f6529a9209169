#pragma once

#include "bus/message/endpoint.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// What a node wants to hear from the relay, and to whom it speaks. A rack's chain hears nobody but
/// who commands it, where the site file names inputs, equipment or an inverter elsewhere those, and
/// other chains only where an input is theirs.
void take_subscriptions(const site::plan& plan, const site::node& node,
                        bus::message::endpoint_options& into);

} // namespace voltaic::nodes::process
