#pragma once

#include <vector>

#include "bus/message/endpoint.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// What a node wants to hear from the relay. A rack's chain hears nobody but who
/// commands it.
[[nodiscard]] std::vector<bus::message::plane> subscriptions_of(const site::plan& plan,
                                                                const site::node& node);

} // namespace voltaic::nodes::process
