#pragma once

#include "messages/configuration/version.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// The newest configuration of each rack that a journal beside the node's own keeps, whoever wrote
/// it: a rack that had another name, or lived in another node, is known by its place. Nothing for a
/// node without racks. A journal that cannot be read is tried again for a second, since its node
/// may just start or stop, and then told of: what stands there may be a rack's of here.
[[nodiscard]] messages::configuration::kept_elsewhere kept_configurations(const site::plan& plan,
                                                                          const site::node& node);

} // namespace voltaic::nodes::process
