#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "messages/protection/table.hpp"

/// Candidates of a rack's own points: whatever its device measures beside what every rack is
/// judged by. `busbar_temperature_high` judges the point `busbar_temperature` of the rack's device,
/// `hvac_0/room_temperature_high` that of equipment, whose levels act on the rack.
namespace voltaic::messages::protection {

/// No rack has more points of its own that are judged, those of equipment included.
inline constexpr std::size_t own_points_max = 16;

/// What the name of an own candidate says.
struct own_candidate {
  std::string_view point; ///< of the rack's device, without the rack; of equipment with its name
  protection::direction direction;
};
/// Nothing for a known candidate, for a point that known candidates judge, and for any other name.
[[nodiscard]] std::optional<own_candidate> parse_own(std::string_view name);

/// A point of a candidate: "hvac_0" and "room_temperature"; no device: the rack's own.
struct judged_point {
  std::string_view device;
  std::string_view name;
};
[[nodiscard]] judged_point split_point(std::string_view point);

/// What the limits of the tables are stated by, where that is not the value itself.
enum class stated_by : std::uint8_t {
  value,
  cell,          ///< of a cell: a rack has so many in series
  rated_current, ///< as its share; charging is below zero
  volt           ///< ohm for each volt that the rack may have
};

/// A kind of quantity. Default limits are those of a known candidate, so that they are the ones
/// of the rack's chemistry, or of the user's own; some kinds have none in any table.
struct quantity {
  std::string_view name;
  std::string_view unit;
  std::string_view high; ///< the candidate whose levels are taken; empty: there are none
  std::string_view low;
  protection::stated_by stated_by = protection::stated_by::value;
  std::string_view other_unit = {}; ///< in which it may be, too

  [[nodiscard]] bool fits(std::string_view in) const {
    return in == unit || (!other_unit.empty() && in == other_unit);
  }
  [[nodiscard]] bool has_limits() const { return !high.empty() || !low.empty(); }
};
inline constexpr std::array<quantity, 16> quantities{{
    {"cell_voltage", "V", "cell_overvoltage", "cell_undervoltage"},
    {"voltage_spread", "V", "cell_voltage_spread", ""},
    {"rack_voltage", "V", "rack_overvoltage", "rack_undervoltage", stated_by::cell},
    {"current", "A", "discharge_overcurrent", "charge_overcurrent", stated_by::rated_current},
    {"cell_temperature", "degC", "discharge_overtemperature", "discharge_undertemperature"},
    {"charge_temperature", "degC", "charge_overtemperature", "charge_undertemperature"},
    {"terminal_temperature", "degC", "terminal_overtemperature", ""},
    {"temperature_spread", "K", "temperature_spread", ""},
    {"soc", "%", "soc_high", "soc_low"},
    {"insulation_resistance", "kOhm", "", "insulation_resistance_low", stated_by::volt, "Ohm"},
    {"power", "W", "", "", stated_by::value, "kW"},
    {"state_of_health", "%", "", ""},
    {"humidity", "%", "", ""},
    {"pressure", "Pa", "", ""},
    {"flow", "l/min", "", ""},
    {"speed", "rpm", "", ""},
}};
/// By its name, or nullptr.
[[nodiscard]] const quantity* find_quantity(std::string_view name);
/// What a point is where nobody says more than its unit: something that is hot is judged as a
/// terminal. Nullptr for all else, which may be anything.
[[nodiscard]] const quantity* usual_quantity(std::string_view unit);
/// Those in a unit that have default limits, for findings: "cell_voltage, voltage_spread"; without
/// a unit all.
[[nodiscard]] std::string quantity_names(std::string_view unit = {});

/// What turns shares and values of a cell into limits of a rack.
struct rack_size {
  double cells_in_series = 0;
  double charge_current_a = 0; ///< rated
  double discharge_current_a = 0;
};

/// An own candidate with the levels, delays, latches and actions that `rules` has for its
/// quantity. `size` nullptr: only of quantities that are stated by their value. `unit` empty: the
/// quantity's. Nothing where there are none.
[[nodiscard]] std::optional<candidate> default_of(const table& rules, std::string_view name,
                                                  const quantity& of,
                                                  const rack_size* size = nullptr,
                                                  std::string_view unit = {});

/// The same levels without opening and without lock: a fault stops the current instead. Of
/// equipment, which stands beside all racks: nobody opens all of them at once unasked.
[[nodiscard]] candidate without_opening(candidate of);

} // namespace voltaic::messages::protection
