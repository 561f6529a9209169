#pragma once

#include <array>
#include <string_view>

#include "messages/configuration/rack_configuration.hpp"

/// The one list of configuration items beside the limits; only this folder includes it.
namespace voltaic::messages::configuration {

/// When another value of an item protects less.
enum class looser_when : std::uint8_t {
  never,
  higher,
  lower,
  higher_or_none, ///< zero says that it is not there
  different,      ///< in either direction, or nobody knows
  stated,         ///< another text than before, unless it is gone
  taken_away,     ///< another text, where one was there
  structure       ///< not looser, but another thing: nobody can compare it
};

template <class Owner>
struct number_item {
  std::string_view name;
  double Owner::*value;
  looser_when rule;
};

struct text_item {
  std::string_view name;
  std::string rack_configuration::*value;
  looser_when rule;
};

struct curve_item {
  std::string_view name;
  protection::curve_pair protection::derating::*pair;
  protection::curve protection::curve_pair::*side;
};

inline constexpr std::array<text_item, 7> text_items{{
    {"profile", &rack_configuration::profile, looser_when::structure},
    {"profile_content", &rack_configuration::profile_content, looser_when::structure},
    {"bus", &rack_configuration::bus, looser_when::structure},
    {"hard_wired_opening", &rack_configuration::hard_wired_opening, looser_when::stated},
    {"emergency_stop", &rack_configuration::emergency_stop, looser_when::taken_away},
    {"interlock", &rack_configuration::interlock, looser_when::taken_away},
    {"fire", &rack_configuration::fire, looser_when::taken_away},
}};

/// A capacity scales the currents of conditions, some of which hold below and some above.
inline constexpr std::array<number_item<rack_configuration>, 10> number_items{{
    {"id_offset", &rack_configuration::id_offset, looser_when::structure},
    {"commissioned", &rack_configuration::commissioned, looser_when::higher},
    {"shares_bus", &rack_configuration::shares_bus, looser_when::lower},
    {"lease_ms", &rack_configuration::lease_ms, looser_when::higher_or_none},
    {"capacity_ah", &rack_configuration::capacity_ah, looser_when::different},
    {"charge_current_a", &rack_configuration::charge_current_a, looser_when::higher},
    {"discharge_current_a", &rack_configuration::discharge_current_a, looser_when::higher},
    {"break_current_a", &rack_configuration::break_current_a, looser_when::higher},
    {"precharge_resistance_ohm", &rack_configuration::precharge_resistance_ohm,
     looser_when::different},
    {"precharge_energy_j", &rack_configuration::precharge_energy_j, looser_when::higher_or_none},
}};

inline constexpr std::array<number_item<protection::derating>, 6> derating_items{{
    {"recovery_percent_per_s", &protection::derating::recovery_percent_per_s, looser_when::higher},
    {"hysteresis_percent", &protection::derating::hysteresis_percent, looser_when::lower},
    {"trend_window_s", &protection::derating::trend_window_s, looser_when::different},
    {"trend_horizon_s", &protection::derating::trend_horizon_s, looser_when::lower},
    {"charge_target_cell_v", &protection::derating::charge_target_cell_v, looser_when::higher},
    {"discharge_target_cell_v", &protection::derating::discharge_target_cell_v, looser_when::lower},
}};

inline constexpr std::array<curve_item, 6> curve_items{{
    {"charge_by_cell_voltage", &protection::derating::cell_voltage,
     &protection::curve_pair::charge},
    {"discharge_by_cell_voltage", &protection::derating::cell_voltage,
     &protection::curve_pair::discharge},
    {"charge_by_temperature", &protection::derating::temperature, &protection::curve_pair::charge},
    {"discharge_by_temperature", &protection::derating::temperature,
     &protection::curve_pair::discharge},
    {"charge_by_soc", &protection::derating::soc, &protection::curve_pair::charge},
    {"discharge_by_soc", &protection::derating::soc, &protection::curve_pair::discharge},
}};

} // namespace voltaic::messages::configuration
