#pragma once

#include <cstdint>
#include <optional>

#include "messages/j1939/identifier.hpp"

/// What a profile says of a device of J1939: who it is, and how long it is waited for.
namespace voltaic::messages::profiles {

/// Fields of a NAME (J1939-81 4.1.1); what is not stated is not compared.
struct j1939_identity {
  std::optional<std::uint32_t> identity_number;
  std::optional<std::uint16_t> manufacturer_code;
  std::optional<std::uint8_t> ecu_instance;
  std::optional<std::uint8_t> function_instance;
  std::optional<std::uint8_t> function;
  std::optional<std::uint8_t> vehicle_system;
  std::optional<std::uint8_t> vehicle_system_instance;
  std::optional<std::uint8_t> industry_group;
  friend bool operator==(const j1939_identity&, const j1939_identity&) = default;
  /// Something is compared.
  [[nodiscard]] bool is_stated() const { return *this != j1939_identity{}; }
};
/// Whether a NAME has all that is stated.
[[nodiscard]] bool fits(const j1939_identity& stated, std::uint64_t name);

/// Bounds and defaults of the times of a profile.
inline constexpr std::uint32_t j1939_boot_ms_default = 5'000;
inline constexpr std::uint32_t j1939_silence_ms_default = 5'000;
/// An answer begins within 200 ms (Tr), and a transfer's first packet within 1250 ms (T2).
inline constexpr std::uint32_t j1939_request_ms_default = 1'250;

/// The device of a profile. `id_offset` of a site file moves its address.
struct j1939_rule {
  std::uint8_t address = 0; ///< that it prefers; 0 to 253
  j1939_identity identity;
  std::uint32_t boot_timeout_ms = j1939_boot_ms_default;       ///< until it was never seen
  std::uint32_t silence_timeout_ms = j1939_silence_ms_default; ///< until it is lost
  std::uint32_t request_timeout_ms = j1939_request_ms_default;
  friend bool operator==(const j1939_rule&, const j1939_rule&) = default;
};

/// The address on its bus: with the `id_offset` of its device. Nothing: no device can have it.
[[nodiscard]] std::optional<std::uint8_t> address_of(const j1939_rule& rule,
                                                     std::uint32_t id_offset);

/// Identifiers by which the plans know groups, so that `id_offset` moves them as all others: what
/// comes from the device at this address, and what is sent to it. Nobody says them on a bus.
[[nodiscard]] std::uint32_t known_id(std::uint32_t pgn, std::uint8_t address);
[[nodiscard]] std::uint32_t ordered_id(std::uint32_t pgn, std::uint8_t address);

/// The highest raw value that is a number, of a parameter of so many bits; nothing: all are.
[[nodiscard]] std::optional<std::uint64_t> last_value(unsigned bits);
/// Whether it is a number, and no error, "not available" or other indicator.
[[nodiscard]] inline bool is_value(std::uint64_t raw, unsigned bits) {
  const auto last = last_value(bits);
  return !last || raw <= *last;
}

} // namespace voltaic::messages::profiles
