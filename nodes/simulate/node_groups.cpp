#include "nodes/simulate/node_groups.hpp"

#include <map>
#include <string>
#include <utility>

#include "nodes/process/actor_kinds.hpp"

namespace voltaic::nodes::simulate {

std::vector<actors::runtime::group_spec> node_groups(const site::plan& plan, const site::node& node,
                                                     const bus_sender& send) {
  using actors::runtime::strategy;
  std::vector<actors::runtime::group_spec> groups;
  std::map<std::string, std::size_t> chains;
  for (const auto& actor : node.actors) {
    process::actor_setup setup{plan, actor, {}, {}};
    std::string rack = actor.subject;
    if (const auto* device = plan.find_device(actor.subject)) {
      rack = device->rack;
      setup.send = [send, bus = device->bus](const messages::can::frame& frame) {
        return send(bus, frame);
      };
      setup.write = [](const bus::modbus::write_request&) { return false; };
    }
    auto child = process::make_child(setup);
    const bool alone = plan.find_rack(rack) == nullptr;
    const auto [chain, is_new] = chains.try_emplace(rack, groups.size());
    if (alone || is_new) {
      groups.push_back({alone ? strategy::one_for_one : strategy::rest_for_one, {}});
    }
    auto& group = alone ? groups.back() : groups[chain->second];
    group.children.push_back(std::move(child));
  }
  return groups;
}

} // namespace voltaic::nodes::simulate
