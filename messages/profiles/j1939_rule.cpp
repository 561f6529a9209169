#include "messages/profiles/j1939_rule.hpp"

#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/name.hpp"

namespace voltaic::messages::profiles {
namespace {

// Two that differ in nothing else: what a device says, and what it is told.
constexpr std::uint8_t known_priority = 7;
constexpr std::uint8_t ordered_priority = 0;

template <class Number>
bool same(const std::optional<Number>& stated, Number said) {
  return !stated || *stated == said;
}

} // namespace

bool fits(const j1939_identity& stated, std::uint64_t name) {
  const auto said = j1939::split_name(name);
  return same(stated.identity_number, said.identity_number) &&
         same(stated.manufacturer_code, said.manufacturer_code) &&
         same(stated.ecu_instance, said.ecu_instance) &&
         same(stated.function_instance, said.function_instance) &&
         same(stated.function, said.function) && same(stated.vehicle_system, said.vehicle_system) &&
         same(stated.vehicle_system_instance, said.vehicle_system_instance) &&
         same(stated.industry_group, said.industry_group);
}

std::optional<std::uint8_t> address_of(const j1939_rule& rule, std::uint32_t id_offset) {
  const auto address = std::uint64_t{rule.address} + id_offset;
  if (address > j1939::device_address_max) return std::nullopt;
  return static_cast<std::uint8_t>(address);
}

std::uint32_t known_id(std::uint32_t pgn, std::uint8_t address) {
  return j1939::join({known_priority, pgn, j1939::global_address, address});
}

std::uint32_t ordered_id(std::uint32_t pgn, std::uint8_t address) {
  return j1939::join({ordered_priority, pgn, j1939::global_address, address});
}

std::optional<std::uint64_t> last_value(unsigned bits) {
  switch (bits) {
    case 2:
      return 0b01;
    case 4:
      return 0b1101;
    case 8:
      return 0xFA;
    case 16:
      return 0xFAFF;
    case 24:
      return 0xFA'FFFF;
    case 32:
      return 0xFAFF'FFFF;
    default:
      return std::nullopt;
  }
}

} // namespace voltaic::messages::profiles
