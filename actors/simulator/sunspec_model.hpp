#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace voltaic::actors::simulator {

/// Where SunSpec devices are looked for first.
inline constexpr std::uint16_t sunspec_address = 40'000;

/// What a device says of itself. Longer texts than their registers hold are cut off.
struct sunspec_identity {
  std::string_view manufacturer;
  std::string_view model;
  std::string_view options;
  std::string_view version;
  std::string_view serial_number;
};

/// The registers from "SunS" to the end of the map, with the common model (1) alone.
[[nodiscard]] std::vector<std::uint16_t> sunspec_registers(const sunspec_identity& of);

} // namespace voltaic::actors::simulator
