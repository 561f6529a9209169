#pragma once

#include <vector>

#include "messages/configuration/version.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// The newest configuration of each rack that a journal beside the node's own keeps, whoever wrote
/// it: a rack that had another name, or lived in another node, is known by its place. Nothing for a
/// node without racks. What cannot be read says nothing.
[[nodiscard]] std::vector<messages::configuration::kept_version> kept_configurations(
    const site::plan& plan, const site::node& node);

} // namespace voltaic::nodes::process
