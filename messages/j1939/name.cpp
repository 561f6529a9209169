#include "messages/j1939/name.hpp"

namespace voltaic::messages::j1939 {
namespace {

/// Where a field stands in the NAME.
struct place {
  unsigned shift;
  unsigned bits;
  [[nodiscard]] constexpr std::uint64_t mask() const { return (std::uint64_t{1} << bits) - 1; }
  [[nodiscard]] constexpr std::uint64_t put(std::uint64_t value) const {
    return (value & mask()) << shift;
  }
  template <class T>
  [[nodiscard]] constexpr T take(std::uint64_t name) const {
    return static_cast<T>(name >> shift & mask());
  }
};

constexpr place identity_number{0, 21};
constexpr place manufacturer_code{21, 11};
constexpr place ecu_instance{32, 3};
constexpr place function_instance{35, 5};
constexpr place function{40, 8};
constexpr place reserved{48, 1};
constexpr place vehicle_system{49, 7};
constexpr place vehicle_system_instance{56, 4};
constexpr place industry_group{60, 3};
constexpr place arbitrary_address{63, 1};
constexpr unsigned byte_bits = 8;

} // namespace

std::uint64_t join_name(const name_fields& of) {
  return identity_number.put(of.identity_number) | manufacturer_code.put(of.manufacturer_code) |
         ecu_instance.put(of.ecu_instance) | function_instance.put(of.function_instance) |
         function.put(of.function) | reserved.put(of.reserved) |
         vehicle_system.put(of.vehicle_system) |
         vehicle_system_instance.put(of.vehicle_system_instance) |
         industry_group.put(of.industry_group) |
         arbitrary_address.put(of.arbitrary_address_capable ? 1 : 0);
}

name_fields split_name(std::uint64_t name) {
  name_fields of;
  of.identity_number = identity_number.take<std::uint32_t>(name);
  of.manufacturer_code = manufacturer_code.take<std::uint16_t>(name);
  of.ecu_instance = ecu_instance.take<std::uint8_t>(name);
  of.function_instance = function_instance.take<std::uint8_t>(name);
  of.function = function.take<std::uint8_t>(name);
  of.reserved = reserved.take<std::uint8_t>(name);
  of.vehicle_system = vehicle_system.take<std::uint8_t>(name);
  of.vehicle_system_instance = vehicle_system_instance.take<std::uint8_t>(name);
  of.industry_group = industry_group.take<std::uint8_t>(name);
  of.arbitrary_address_capable = is_arbitrary_address_capable(name);
  return of;
}

std::array<std::uint8_t, name_bytes> bytes_of_name(std::uint64_t name) {
  std::array<std::uint8_t, name_bytes> bytes{};
  for (auto& byte : bytes) {
    byte = static_cast<std::uint8_t>(name & 0xFF);
    name >>= byte_bits;
  }
  return bytes;
}

std::uint64_t name_of_bytes(std::span<const std::uint8_t, name_bytes> bytes) {
  std::uint64_t name = 0;
  for (std::size_t i = name_bytes; i-- > 0;) name = name << byte_bits | bytes[i];
  return name;
}

bool is_arbitrary_address_capable(std::uint64_t name) {
  return arbitrary_address.take<std::uint8_t>(name) != 0;
}

} // namespace voltaic::messages::j1939
