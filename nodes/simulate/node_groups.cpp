#include "nodes/simulate/node_groups.hpp"

#include <string>

#include "nodes/process/actor_kinds.hpp"

namespace voltaic::nodes::simulate {

std::vector<actors::runtime::group_spec> node_groups(const site::plan& plan, const site::node& node,
                                                     const bus_sender& send) {
  process::field_access field;
  field.sender = [send](const std::string& bus) {
    return [send, bus](const messages::can::frame& frame) { return send(bus, frame); };
  };
  // Nobody plays Modbus devices.
  field.writer = [](const std::string&) {
    return [](const bus::modbus::write_request&) { return false; };
  };
  return process::make_groups(plan, node, field);
}

} // namespace voltaic::nodes::simulate
