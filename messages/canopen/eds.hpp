#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/canopen/data_type.hpp"
#include "messages/canopen/eds_literal.hpp"
#include "messages/canopen/pdo_mapping.hpp"

/// What an EDS or DCF file says of a device (CiA 306).
namespace voltaic::messages::canopen {

/// Of an object by SDO; rwr and rww also tell the direction of its PDO (CiA 306, 4.6.3.2).
enum class access : std::uint8_t { ro, wo, rw, rwr, rww, constant };

[[nodiscard]] constexpr bool is_readable(access by) {
  return by != access::wo;
}
[[nodiscard]] constexpr bool is_writable(access by) {
  return by != access::ro && by != access::constant;
}

/// One value of the object dictionary.
struct eds_object {
  std::string name;
  canopen::data_type type = data_type::unsigned8;
  canopen::access access = canopen::access::rw;
  bool is_mappable = false;
  std::optional<eds_value> default_value;
  std::optional<eds_value> parameter_value; ///< of a DCF: what this one device has
  std::optional<eds_value> low_limit;
  std::optional<eds_value> high_limit;
  std::uint32_t line = 0; ///< of the file, from 1

  /// What the device has at its start; nothing where the file does not say.
  [[nodiscard]] std::optional<object_value> value(std::uint8_t node) const;
};

/// One index: a single value, or several of which `name` is the whole.
struct eds_group {
  std::string name;
  std::uint8_t object_type = 7; ///< 2 DOMAIN, 7 VAR, 8 ARRAY, 9 RECORD (CiA 301, 7.4.3)
};

/// One device, or kind of devices.
struct device_description {
  std::string vendor_name;
  std::string product_name;
  std::uint32_t vendor = 0;
  std::uint32_t product = 0;
  std::uint32_t revision = 0;
  std::optional<std::uint8_t> node;          ///< of a DCF
  std::optional<std::uint32_t> bit_rate;     ///< bit/s, of a DCF
  std::map<std::uint16_t, eds_group> groups; ///< by index
  std::map<object_address, eds_object> objects;

  [[nodiscard]] const eds_object* find(const object_address& at) const;
  /// The unsigned number that an object has at its start.
  [[nodiscard]] std::optional<std::uint64_t> number(const object_address& at,
                                                    std::uint8_t of_node) const;
  /// What a mapping record (1600, 1A00 and above) maps; at most 64 objects.
  [[nodiscard]] std::vector<mapped_object> mapping(std::uint16_t record,
                                                   std::uint8_t of_node) const;
};

} // namespace voltaic::messages::canopen
