#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/canopen/pdo_mapping.hpp"

/// What a profile says of a CANopen node: who it is, how it is commissioned and supervised.
namespace voltaic::messages::profiles {

/// What is done about the mapping of a PDO when the node boots.
enum class mapping_use : std::uint8_t {
  assumed,  ///< nothing: the device's own manual is believed
  verified, ///< read from the device and compared
  written,  ///< compared, and written where it is another
  read      ///< read, and frames are understood by it: only the device knows it
};

/// A PDO of the node and what is in it, from its lowest bit on.
struct canopen_pdo {
  std::string name;
  canopen::pdo_number which;
  std::uint32_t cob_id = 0;
  mapping_use use = mapping_use::verified;
  std::optional<std::uint8_t> transmission; ///< type (CiA 301, 7.5.2.35): 255, or each n-th SYNC
  std::optional<std::uint16_t> event_ms;    ///< event timer of the communication record
  std::vector<canopen::mapped_object> objects;
  friend bool operator==(const canopen_pdo&, const canopen_pdo&) = default;
};

/// A value that the device must have before it is started.
struct canopen_write {
  canopen::object_address to;
  canopen::object_bytes value;
  bool verify = true; ///< read before and after; false: the object can only be written
  friend bool operator==(const canopen_write&, const canopen_write&) = default;
};

/// Numbers of the identity object 0x1018 and of 0x1000; what is not stated is not compared.
struct canopen_identity {
  std::optional<std::uint32_t> device_type;
  std::optional<std::uint32_t> vendor_id;
  std::optional<std::uint32_t> product_code;
  std::optional<std::uint32_t> revision_number;
  std::optional<std::uint32_t> serial_number;
  friend bool operator==(const canopen_identity&, const canopen_identity&) = default;
};

/// The node of a profile. `id_offset` of a site file moves node and identifiers alike.
struct canopen_rule {
  std::uint8_t node = 1;
  canopen_identity identity;
  bool reset_communication = false; ///< before each boot
  std::uint32_t boot_timeout_ms = 5'000;
  std::uint32_t sdo_timeout_ms = 300;
  std::uint32_t heartbeat_ms = 0; ///< the node is made to send it this often; 0: not supervised so
  std::uint32_t heartbeat_timeout_ms = 0;
  std::uint32_t guard_ms = 0;   ///< the node is asked this often; 0: not supervised so
  std::uint32_t guard_life = 3; ///< unanswered ones until it is lost
  std::uint32_t sync_ms = 0;    ///< we send SYNC this often; 0: not
  std::uint32_t time_ms = 0;    ///< and TIME
  std::vector<canopen_write> writes;
  std::vector<canopen_pdo> pdos;
  friend bool operator==(const canopen_rule&, const canopen_rule&) = default;
};

/// The node on its bus: with the `id_offset` of its device. Nothing: no node has that number.
[[nodiscard]] std::optional<std::uint8_t> node_of(const canopen_rule& rule,
                                                  std::uint32_t id_offset);

/// Identifiers of 11 bits that the node sends by the predefined connection set, beside its PDOs.
[[nodiscard]] std::vector<std::uint32_t> identifiers_sent(const canopen_rule& rule,
                                                          std::uint32_t id_offset);
/// And that we send to it alone.
[[nodiscard]] std::vector<std::uint32_t> identifiers_taken(const canopen_rule& rule,
                                                           std::uint32_t id_offset);

} // namespace voltaic::messages::profiles
