#include "messages/canopen/energybus.hpp"

#include <algorithm>
#include <array>

namespace voltaic::messages::canopen::energybus {
namespace {

constexpr std::uint8_t only_message = 10;
constexpr std::size_t numbered_messages = 3;

/// Identifiers of the first instance; 0: there is no such message.
struct row {
  device_type type = device_type::controller;
  std::string_view name;
  std::uint8_t instances = 0;
  std::array<std::uint32_t, numbered_messages> ids{};
  std::uint32_t only_id = 0;
};

constexpr std::array rows = {
    row{device_type::controller, "EBC", 1, {0x181, 0x281}},
    row{device_type::voltage_converter, "voltage_converter", 8, {0x182, 0x282}},
    row{device_type::battery, "battery", 16, {0x192, 0x292, 0x392}},
    row{device_type::motor, "motor", 4, {0x18A, 0x28A, 0x38A}},
    row{device_type::load_monitoring, "load_monitoring", 4, {0x18E, 0x28E}},
    row{device_type::hmi, "HMI", 8, {}, 0x1C0},
    row{device_type::security, "security", 3, {}, 0x1C8},
};

// By bits 13 to 15.
constexpr std::array<std::string_view, 8> states = {
    "disconnected", "connected", "compatibility_check", "limiting", "operating", "masterless", "",
    "sleep",
};
// By bits 6 to 8.
constexpr std::array<std::string_view, 8> battery_states = {
    "", "do_not_attach", "ready_to_attach", "normal_operation", "please_detach", "", "error", "",
};

const row* find(device_type type) {
  const auto found = std::ranges::find(rows, type, &row::type);
  return found == rows.end() ? nullptr : &*found;
}

constexpr std::uint32_t byte_mask = 0xFF;
constexpr unsigned byte_bits = 8;

} // namespace

std::string_view to_string(device_type type) {
  const auto* found = find(type);
  return found == nullptr ? std::string_view() : found->name;
}

virtual_device read_virtual_device(std::uint32_t value) {
  const auto byte = [&](unsigned at) {
    return static_cast<std::uint8_t>(value >> at * byte_bits & byte_mask);
  };
  return {byte(0), byte(1), byte(2), byte(3)};
}

status_word read_status_word(std::uint16_t value) {
  constexpr unsigned state_shift = 13;
  constexpr unsigned request_bit = 12;
  constexpr unsigned device_shift = 6;
  constexpr unsigned device_mask = 0x3F;
  return {static_cast<std::uint8_t>(value >> state_shift), (value >> request_bit & 1) != 0,
          static_cast<std::uint8_t>(value >> device_shift & device_mask)};
}

std::string_view state_text(std::uint8_t state) {
  return state < states.size() ? states[state] : std::string_view();
}

std::string_view battery_state_text(std::uint8_t device_state) {
  constexpr std::uint8_t battery_mask = 0x07;
  return battery_states[device_state & battery_mask];
}

std::uint8_t instances_max(device_type type) {
  const auto* found = find(type);
  return found == nullptr ? std::uint8_t{0} : found->instances;
}

std::optional<std::uint32_t> pdo_id(device_type type, std::uint8_t message,
                                    std::uint8_t global_instance) {
  const auto* found = find(type);
  if (found == nullptr || global_instance == 0 || global_instance > found->instances)
    return std::nullopt;
  std::uint32_t first = message == only_message ? found->only_id : 0;
  if (message >= 1 && message <= numbered_messages) first = found->ids[message - 1U];
  if (first == 0) return std::nullopt;
  return first + global_instance - 1;
}

} // namespace voltaic::messages::canopen::energybus
