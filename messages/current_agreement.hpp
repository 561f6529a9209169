#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// What the link of an inverter says of the current sensor of each rack behind it, where what the
/// racks show is compared with what is measured on their DC bus.
namespace voltaic::messages {

/// The value of the point `INVERTER/current_check_RACK`.
enum class current_agreement : std::uint16_t {
  unclaimed,  ///< not known, or nothing flows by which it could be told
  agrees,     ///< current flows, and both said the same for some time
  contradicts ///< a wrong sensor of this rack explained that both differed, and has not agreed
              ///< since
};

/// The point in words: who measures what, and what the racks show.
inline constexpr std::string_view current_check_point = "current_check";
/// Below the inverter's name, the word on one rack: "current_check_rack_0".
[[nodiscard]] inline std::string current_check_of(std::string_view rack) {
  return std::string(current_check_point) + "_" + std::string(rack);
}

} // namespace voltaic::messages
