#include "messages/canopen/network_management.hpp"

#include "messages/canopen/identifiers.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::uint8_t toggle_bit = 0x80;

} // namespace

std::string_view to_string(nmt_state state) {
  switch (state) {
    case nmt_state::boot_up:
      return "boot-up";
    case nmt_state::stopped:
      return "stopped";
    case nmt_state::operational:
      return "operational";
    case nmt_state::pre_operational:
      return "pre-operational";
  }
  return "unknown";
}

std::string_view to_string(nmt_command command) {
  switch (command) {
    case nmt_command::start:
      return "start";
    case nmt_command::stop:
      return "stop";
    case nmt_command::enter_pre_operational:
      return "enter pre-operational";
    case nmt_command::reset_node:
      return "reset node";
    case nmt_command::reset_communication:
      return "reset communication";
  }
  return "unknown";
}

nmt_state state_after(nmt_command command) {
  switch (command) {
    case nmt_command::start:
      return nmt_state::operational;
    case nmt_command::stop:
      return nmt_state::stopped;
    case nmt_command::enter_pre_operational:
      return nmt_state::pre_operational;
    case nmt_command::reset_node:
    case nmt_command::reset_communication:
      break;
  }
  return nmt_state::boot_up;
}

std::optional<nmt_order> read_nmt(std::span<const std::uint8_t> payload) {
  if (payload.size() != 2 || payload[1] > node_max) return std::nullopt;
  const auto command = static_cast<nmt_command>(payload[0]);
  if (to_string(command) == "unknown") return std::nullopt;
  return nmt_order{command, payload[1]};
}

can::frame make_nmt(const nmt_order& order) {
  can::frame made;
  made.id = cob_id({service::nmt});
  made.length = 2;
  made.data[0] = static_cast<std::uint8_t>(order.command);
  made.data[1] = order.node;
  return made;
}

std::optional<error_control> read_error_control(std::span<const std::uint8_t> payload) {
  if (payload.size() != 1) return std::nullopt;
  const auto state = static_cast<nmt_state>(payload[0] & ~toggle_bit);
  if (to_string(state) == "unknown") return std::nullopt;
  return error_control{state, (payload[0] & toggle_bit) != 0};
}

can::frame make_error_control(std::uint8_t node, const error_control& said) {
  can::frame made;
  made.id = cob_id({service::error_control, node});
  made.length = 1;
  made.data[0] =
      static_cast<std::uint8_t>(static_cast<std::uint8_t>(said.state) | (said.toggle ? 0x80 : 0));
  return made;
}

can::frame make_guard_request(std::uint8_t node) {
  can::frame made;
  made.id = cob_id({service::error_control, node});
  made.remote = true;
  return made;
}

} // namespace voltaic::messages::canopen
