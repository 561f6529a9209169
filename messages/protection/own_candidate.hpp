#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "messages/protection/table.hpp"

/// Candidates of a rack's own points: whatever its device measures beside what every rack is
/// judged by. `busbar_temperature_high` judges the point `busbar_temperature` of the rack's device.
namespace voltaic::messages::protection {

/// No rack has more points of its own that are judged.
inline constexpr std::size_t own_points_max = 16;

/// What the name of an own candidate says.
struct own_candidate {
  std::string_view point; ///< of the rack's device, without the rack
  protection::direction direction;
};
/// Nothing for a known candidate, for a point that known candidates judge, and for any other name.
[[nodiscard]] std::optional<own_candidate> parse_own(std::string_view name);

/// A kind of quantity whose default limits the tables have: those of a known candidate, so that
/// they are the ones of the rack's chemistry, or of the user's own.
struct quantity {
  std::string_view name;
  std::string_view unit;
  std::string_view high; ///< the candidate whose levels are taken; empty: there are none
  std::string_view low;
};
inline constexpr std::array<quantity, 6> quantities{{
    {"cell_voltage", "V", "cell_overvoltage", "cell_undervoltage"},
    {"voltage_spread", "V", "cell_voltage_spread", ""},
    {"cell_temperature", "degC", "discharge_overtemperature", "discharge_undertemperature"},
    {"terminal_temperature", "degC", "terminal_overtemperature", ""},
    {"temperature_spread", "K", "temperature_spread", ""},
    {"soc", "%", "soc_high", "soc_low"},
}};
/// By its name, or nullptr.
[[nodiscard]] const quantity* find_quantity(std::string_view name);
/// What a point is where nobody says more than its unit: something that is hot is judged as a
/// terminal. Nullptr for all else, which may be anything.
[[nodiscard]] const quantity* usual_quantity(std::string_view unit);
/// Those in a unit, for findings: "cell_voltage, voltage_spread"; without a unit all.
[[nodiscard]] std::string quantity_names(std::string_view unit = {});

/// An own candidate with the levels, delays, latches and actions that `rules` has for its
/// quantity. Nothing where it has none.
[[nodiscard]] std::optional<candidate> default_of(const table& rules, std::string_view name,
                                                  const quantity& of);

} // namespace voltaic::messages::protection
