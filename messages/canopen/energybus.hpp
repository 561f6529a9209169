#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// EnergyBus (CiA 454) as far as one vendor's published framework of 2012 to 2015 shows it; the
/// current edition may differ.
namespace voltaic::messages::canopen::energybus {

/// Bits 0 to 7 of object 6000.
enum class device_type : std::uint8_t {
  controller = 4, ///< EBC, the NMT master
  voltage_converter = 5,
  battery = 6,
  motor = 7,
  load_monitoring = 8,
  hmi = 9,
  security = 10
};
/// "voltage_converter"; empty for another number.
[[nodiscard]] std::string_view to_string(device_type type);

/// Object 6000: one function of a device.
struct virtual_device {
  std::uint8_t type = 0; ///< of `device_type`
  std::uint8_t instance = 0;
  std::uint8_t instance_offset = 0; ///< makes instances differ on a bus
  std::uint8_t device_class = 0;    ///< 0 passive, else active
};
[[nodiscard]] virtual_device read_virtual_device(std::uint32_t value);

/// Object 6002.
struct status_word {
  std::uint8_t state = 0;        ///< bits 13 to 15
  bool requests_data = false;    ///< bit 12
  std::uint8_t device_state = 0; ///< bits 6 to 11
};
[[nodiscard]] status_word read_status_word(std::uint16_t value);
/// "operating"; empty for what is not known.
[[nodiscard]] std::string_view state_text(std::uint8_t state);
/// Of a battery, bits 6 to 8: "ready_to_attach"; empty for what is not known.
[[nodiscard]] std::string_view battery_state_text(std::uint8_t device_state);

/// How many devices of a type have PDOs of their own on a bus; 0 for none.
[[nodiscard]] std::uint8_t instances_max(device_type type);
/// The identifier of a device's PDO. HMI and security devices have one, which the framework
/// numbers 10. Nothing: there is no such message or instance.
[[nodiscard]] std::optional<std::uint32_t> pdo_id(device_type type, std::uint8_t message,
                                                  std::uint8_t global_instance);

} // namespace voltaic::messages::canopen::energybus
