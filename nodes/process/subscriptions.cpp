#include "nodes/process/subscriptions.hpp"

#include <algorithm>
#include <vector>

namespace voltaic::nodes::process {

using bus::message::plane;

namespace {

std::vector<plane> subscriptions_of(const site::plan& plan, const site::node& node) {
  if (node.kind == site::node_kind::relay) return {plane::health};
  const bool has_link = std::ranges::any_of(node.actors, [](const site::actor& each) {
    return each.kind == site::actor_kind::inverter_link;
  });
  // A chain hears nobody but who commands it, unless the site file names inputs, equipment or an
  // inverter elsewhere. A link knows what the racks and the system say, and what they said before
  // it came.
  if (node.kind != site::node_kind::site)
    return has_link || node.hears_others ? std::vector{plane::telemetry, plane::snapshot}
                                         : std::vector<plane>();
  // The dispatcher of commands knows events of all nodes, to have them acknowledged.
  if (plan.racks.empty())
    return site::has_links(plan) ? std::vector{plane::events, plane::health}
                                 : std::vector{plane::events};
  // The system actor knows what all racks say, what they said before it came, and
  // how nodes see their links.
  return {plane::events, plane::telemetry, plane::health, plane::snapshot};
}

} // namespace

void take_subscriptions(const site::plan& plan, const site::node& node,
                        bus::message::endpoint_options& into) {
  const bool is_chain = node.kind == site::node_kind::chain;
  into.subscriptions = subscriptions_of(plan, node);
  into.is_beside_chains = !is_chain;
  into.gather_us = is_chain ? gather_us : gather_beside_chains_us;
  into.only_beside_chains = is_chain && !node.hears_chains;
}

} // namespace voltaic::nodes::process
