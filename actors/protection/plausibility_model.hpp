#pragma once

#include <string_view>
#include <vector>

#include "messages/protection/table.hpp"

/// The candidates that no table has: what values say about each other.
namespace voltaic::actors::protection {

inline constexpr std::string_view sensor_frozen = "sensor_frozen";
inline constexpr std::string_view sensor_step = "sensor_step";
inline constexpr std::string_view soc_implausible = "soc_implausible";
inline constexpr std::string_view current_implausible = "current_implausible";
inline constexpr std::string_view limit_ignored = "limit_ignored";
inline constexpr std::string_view thermal_runaway = "thermal_runaway";
inline constexpr std::string_view open_wire = "open_wire";
inline constexpr std::string_view cooling_failed = "cooling_failed";
inline constexpr std::string_view profile_mismatch = "profile_mismatch";

/// A cell that stands still while current flows and the others move.
[[nodiscard]] messages::protection::candidate sensor_frozen_candidate();
/// No cell answers to a change of the current.
[[nodiscard]] messages::protection::candidate all_frozen_candidate();
/// The others, by their inputs: SOC of 0 % with sound cells, a current that voltage, SOC
/// or the inverter contradict, current where none may flow, cells whose step was not believed at
/// first, a cell that heats itself, cells beside a broken sense wire, cooling that is asked for and
/// does not run, values that cannot be what the profile takes them for.
[[nodiscard]] std::vector<messages::protection::candidate> plausibility_candidates();

/// Whether it is a candidate of this version that stands in no table.
[[nodiscard]] bool is_built_in(std::string_view name);
/// What to look at first, where a candidate's name does not tell; else empty.
[[nodiscard]] std::string_view advice_of(std::string_view candidate);

} // namespace voltaic::actors::protection
