#include "messages/canopen/identifiers.hpp"

#include <algorithm>
#include <array>

namespace voltaic::messages::canopen {
namespace {

/// Identifiers of one service: `first` + node.
struct row {
  std::uint32_t base = 0;
  service what = service::nmt;
  std::uint8_t number = 0;
  bool has_nodes = false;
};

constexpr std::array rows = {
    row{0x000, service::nmt},
    row{0x080, service::sync},
    row{0x100, service::time},
    row{0x7E4, service::lss_response},
    row{0x7E5, service::lss_request},
    row{0x080, service::emergency, 0, true},
    row{0x180, service::transmit_pdo, 1, true},
    row{0x200, service::receive_pdo, 1, true},
    row{0x280, service::transmit_pdo, 2, true},
    row{0x300, service::receive_pdo, 2, true},
    row{0x380, service::transmit_pdo, 3, true},
    row{0x400, service::receive_pdo, 3, true},
    row{0x480, service::transmit_pdo, 4, true},
    row{0x500, service::receive_pdo, 4, true},
    row{0x580, service::sdo_response, 0, true},
    row{0x600, service::sdo_request, 0, true},
    row{0x700, service::error_control, 0, true},
};

/// Both ends belong to it.
struct id_range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};
constexpr std::array restricted = {
    id_range{0x000, 0x000}, id_range{0x001, 0x07F}, id_range{0x101, 0x180}, id_range{0x581, 0x5FF},
    id_range{0x601, 0x67F}, id_range{0x6E0, 0x6FF}, id_range{0x701, 0x77F}, id_range{0x780, 0x7FF},
};

} // namespace

std::optional<connection> classify(std::uint32_t id) {
  for (const auto& each : rows) {
    if (!each.has_nodes && id == each.base) return connection{each.what, 0, each.number};
    if (each.has_nodes && id > each.base && id <= each.base + node_max)
      return connection{each.what, static_cast<std::uint8_t>(id - each.base), each.number};
  }
  return std::nullopt;
}

std::uint32_t cob_id(const connection& of) {
  const auto found = std::ranges::find_if(
      rows, [&](const row& each) { return each.what == of.what && each.number == of.number; });
  return found == rows.end() ? 0 : found->base + of.node;
}

bool is_restricted(std::uint32_t id) {
  return std::ranges::any_of(
      restricted, [&](const id_range& each) { return id >= each.first && id <= each.last; });
}

} // namespace voltaic::messages::canopen
