#pragma once

#include <vector>

#include "nodes/simulate/simulated_site.hpp"

namespace voltaic::nodes::simulate {

/// The actors that `run` and `node` start in this node, sending on simulated
/// buses.
[[nodiscard]] std::vector<actors::runtime::group_spec> node_groups(const site::plan& plan,
                                                                   const site::node& node,
                                                                   const bus_sender& send);

} // namespace voltaic::nodes::simulate
