#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace voltaic::messages::j1939 {

inline constexpr std::size_t name_bytes = 8;

/// The fields of a device's NAME (J1939-81 4.1.1).
struct name_fields {
  std::uint32_t identity_number = 0;        ///< 21 bits
  std::uint16_t manufacturer_code = 0;      ///< 11 bits
  std::uint8_t ecu_instance = 0;            ///< 3 bits
  std::uint8_t function_instance = 0;       ///< 5 bits
  std::uint8_t function = 0;                ///< 8 bits
  std::uint8_t reserved = 0;                ///< 1 bit
  std::uint8_t vehicle_system = 0;          ///< 7 bits
  std::uint8_t vehicle_system_instance = 0; ///< 4 bits
  std::uint8_t industry_group = 0;          ///< 3 bits
  bool arbitrary_address_capable = false;   ///< may choose an address by itself
  friend bool operator==(const name_fields&, const name_fields&) = default;
};

/// The NAME as the number by which arbitration goes: the lower one wins. What is beyond a
/// field's bits is cut off.
[[nodiscard]] std::uint64_t join_name(const name_fields& of);
[[nodiscard]] name_fields split_name(std::uint64_t name);

/// As it travels, the lowest byte first.
[[nodiscard]] std::array<std::uint8_t, name_bytes> bytes_of_name(std::uint64_t name);
[[nodiscard]] std::uint64_t name_of_bytes(std::span<const std::uint8_t, name_bytes> bytes);

/// Whether bit 63 of the NAME says so.
[[nodiscard]] bool is_arbitrary_address_capable(std::uint64_t name);

} // namespace voltaic::messages::j1939
