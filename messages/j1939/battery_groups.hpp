#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voltaic::messages::j1939 {

/// How a raw value becomes one in its unit. The step is a fraction, as 1/640 %, so that values
/// are not rounded twice (J1939-71 appendix A).
struct slot {
  double step_numerator = 1;
  double step_divisor = 1;
  double offset = 0;
  std::string_view unit;     ///< empty: a number of states
  std::uint8_t decimals = 0; ///< that are worth showing
  [[nodiscard]] double value_of(std::uint64_t raw) const {
    return static_cast<double>(raw) * step_numerator / step_divisor + offset;
  }
};

/// A parameter of a battery's group.
struct battery_signal {
  std::uint32_t pgn = 0;
  std::uint32_t spn = 0;              ///< 0: its number is not public
  std::string_view name;              ///< "HVESS current"
  std::optional<std::uint32_t> start; ///< lowest bit of the payload; nothing: not public
  std::uint32_t bits = 0;
  j1939::slot slot;
};

/// A group by its acronym.
struct battery_group {
  std::uint32_t pgn = 0;
  std::string_view acronym;
};

/// What is public of batteries in J1939: high voltage energy storage systems (HVESS), vehicle
/// electrical power, battery temperature, chargers. In the order of groups and places.
[[nodiscard]] std::span<const battery_signal> battery_signals();
/// Its acronym, or nothing.
[[nodiscard]] std::string_view battery_group_name(std::uint32_t pgn);

/// A parameter as a payload has it.
struct battery_reading {
  const battery_signal* signal = nullptr;
  std::uint64_t raw = 0;
};
/// Those of the group that lie wholly in the payload.
[[nodiscard]] std::vector<battery_reading> read_battery_group(
    std::uint32_t pgn, std::span<const std::uint8_t> payload);

} // namespace voltaic::messages::j1939
