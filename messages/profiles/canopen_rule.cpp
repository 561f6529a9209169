#include "messages/profiles/canopen_rule.hpp"

#include "messages/canopen/identifiers.hpp"

namespace voltaic::messages::profiles {

using canopen::service;

std::optional<std::uint8_t> node_of(const canopen_rule& rule, std::uint32_t id_offset) {
  const auto node = std::uint64_t{rule.node} + id_offset;
  if (node > canopen::node_max) return std::nullopt;
  return static_cast<std::uint8_t>(node);
}

std::vector<std::uint32_t> identifiers_sent(const canopen_rule& rule, std::uint32_t id_offset) {
  const auto node = node_of(rule, id_offset);
  if (!node) return {};
  return {canopen::cob_id({service::emergency, *node}),
          canopen::cob_id({service::sdo_response, *node}),
          canopen::cob_id({service::error_control, *node})};
}

std::vector<std::uint32_t> identifiers_taken(const canopen_rule& rule, std::uint32_t id_offset) {
  const auto node = node_of(rule, id_offset);
  if (!node) return {};
  return {canopen::cob_id({service::sdo_request, *node})};
}

} // namespace voltaic::messages::profiles
