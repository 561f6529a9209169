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
  structure,      ///< not looser, but another thing: nobody can compare it
  // What others than the rack's chain act by, whatever the chain holds: it stays open meanwhile.
  wired,         ///< another text, where one was there
  wired_members, ///< a member of the list "one; another" that is gone or another one
  wired_word,    ///< a word that stands behind the former one in `strictest_first`
  wired_higher,
  wired_raised,  ///< higher, where something was stated
  wired_lowered, ///< lower, where something was stated
  wired_higher_or_none,
  wired_lower_or_none
};

/// Texts of former versions lack what was listed later: there it is what its member begins with.
enum class since : std::uint8_t { start, later };

template <class Owner>
struct number_item {
  std::string_view name;
  double Owner::*value;
  looser_when rule;
  since known = since::start;
};

struct text_item {
  std::string_view name;
  std::string rack_configuration::*value;
  looser_when rule;
  since known = since::start;
};

/// What `[limits]` may say, each word in the order in which it protects less.
inline constexpr std::array<std::string_view, 5> strictest_first{"smallest_times_active", "sum",
                                                                 "stop", "hold", "exclude"};

struct curve_item {
  std::string_view name;
  protection::curve_pair protection::derating::*pair;
  protection::curve protection::curve_pair::*side;
};

inline constexpr std::array<text_item, 20> text_items{{
    {"profile", &rack_configuration::profile, looser_when::structure},
    {"profile_content", &rack_configuration::profile_content, looser_when::structure},
    {"bus", &rack_configuration::bus, looser_when::structure},
    {"hard_wired_opening", &rack_configuration::hard_wired_opening, looser_when::stated},
    {"emergency_stop", &rack_configuration::emergency_stop, looser_when::taken_away},
    {"interlock", &rack_configuration::interlock, looser_when::taken_away},
    {"fire", &rack_configuration::fire, looser_when::taken_away},
    {"address", &rack_configuration::address, looser_when::structure, since::later},
    {"port", &rack_configuration::port, looser_when::never, since::later},
    {"emergency_stop_wiring", &rack_configuration::emergency_stop_wiring, looser_when::wired,
     since::later},
    {"interlock_wiring", &rack_configuration::interlock_wiring, looser_when::wired, since::later},
    {"fire_wiring", &rack_configuration::fire_wiring, looser_when::wired, since::later},
    {"reset_key", &rack_configuration::reset_key, looser_when::stated, since::later},
    {"inverter", &rack_configuration::inverter, looser_when::wired, since::later},
    {"inverter_match", &rack_configuration::inverter_match, looser_when::wired, since::later},
    {"safety_relay", &rack_configuration::safety_relay, looser_when::wired, since::later},
    {"equipment", &rack_configuration::equipment, looser_when::wired_members, since::later},
    {"limits_policy", &rack_configuration::limits_policy, looser_when::wired_word, since::later},
    {"limits_lost_silent", &rack_configuration::limits_lost_silent, looser_when::wired_word,
     since::later},
    {"limits_lost_invalid", &rack_configuration::limits_lost_invalid, looser_when::wired_word,
     since::later},
}};

/// A capacity scales the currents of conditions, some of which hold below and some above.
inline constexpr std::array<number_item<rack_configuration>, 26> number_items{{
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
    {"closing_spacing_s", &rack_configuration::closing_spacing_s, looser_when::lower, since::later},
    {"emergency_stop_debounce_ms", &rack_configuration::emergency_stop_debounce_ms,
     looser_when::wired_raised, since::later},
    {"interlock_debounce_ms", &rack_configuration::interlock_debounce_ms, looser_when::wired_raised,
     since::later},
    {"fire_debounce_ms", &rack_configuration::fire_debounce_ms, looser_when::wired_raised,
     since::later},
    {"inverter_charge_voltage_v", &rack_configuration::inverter_charge_voltage_v,
     looser_when::wired_higher_or_none, since::later},
    {"inverter_discharge_voltage_v", &rack_configuration::inverter_discharge_voltage_v,
     looser_when::wired_lower_or_none, since::later},
    {"inverter_charge_current_a", &rack_configuration::inverter_charge_current_a,
     looser_when::wired_higher_or_none, since::later},
    {"inverter_discharge_current_a", &rack_configuration::inverter_discharge_current_a,
     looser_when::wired_higher_or_none, since::later},
    {"inverter_fold_back_v", &rack_configuration::inverter_fold_back_v,
     looser_when::wired_lower_or_none, since::later},
    {"inverter_discharge_fold_back_v", &rack_configuration::inverter_discharge_fold_back_v,
     looser_when::wired_lower_or_none, since::later},
    {"fallback_charge_current_a", &rack_configuration::fallback_charge_current_a,
     looser_when::wired_higher, since::later},
    {"fallback_discharge_current_a", &rack_configuration::fallback_discharge_current_a,
     looser_when::wired_higher, since::later},
    {"fallback_lowest_v", &rack_configuration::fallback_lowest_v, looser_when::wired_lowered,
     since::later},
    {"fallback_highest_v", &rack_configuration::fallback_highest_v, looser_when::wired_raised,
     since::later},
    {"limits_hold_ms", &rack_configuration::limits_hold_ms, looser_when::wired_raised,
     since::later},
    {"second_evaluator", &rack_configuration::second_evaluator, looser_when::wired_lowered,
     since::later},
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
