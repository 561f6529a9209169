#pragma once

#include <string>

#include "messages/protection/derating.hpp"
#include "messages/protection/table.hpp"

/// What people decide about a rack, apart from what it measures: compared, versioned and approved.
namespace voltaic::messages::configuration {

/// The configuration items of one rack. Plain values, complete: whoever has them needs no file.
struct rack_configuration {
  // What the rack is: its address and the words that it speaks. Nothing of it can be merged.
  std::string profile;         ///< name of the device profile
  std::string profile_content; ///< of what the profile says beside the items below, 16 hex digits
  std::string bus;             ///< or its line
  double id_offset = 0;        ///< added to every CAN identifier of the profile
  /// What tells it from the others there beside that: "2" on a line, what a bridge made of its
  /// identifiers, the identity number of its NAME; empty: nothing.
  std::string address;
  std::string port; ///< of the bus, "virtual:can0": where it is, whatever it is called

  // What its contactors depend on. 1: yes, 0: no.
  double commissioned = 0;
  double shares_bus = 0;          ///< other racks may feed its DC bus
  double lease_ms = 0;            ///< the device opens so long after the last order; 0: it does not
  std::string hard_wired_opening; ///< what opens it instead; empty: nothing
  std::string emergency_stop;     ///< points that open it while active; empty: none
  std::string interlock;
  std::string fire;
  std::string reset_key;       ///< resets its latches when turned, and how it is wired; empty: none
  double second_evaluator = 0; ///< 1: another instance of protection has to permit as well

  // How those are wired where a [[digital]] has them: "gpiochip0 line 17, normally closed".
  std::string emergency_stop_wiring;
  std::string interlock_wiring;
  std::string fire_wiring;
  double emergency_stop_debounce_ms = 0; ///< 0: no such input
  double interlock_debounce_ms = 0;
  double fire_debounce_ms = 0;

  // What the inverter before it goes by; 0 and empty: not stated, or there is none.
  std::string inverter;       ///< its profile and how it is told
  std::string inverter_match; ///< what the table of pairs says of both
  std::string safety_relay;
  double inverter_charge_voltage_v = 0;
  double inverter_discharge_voltage_v = 0;
  double inverter_charge_current_a = 0;
  double inverter_discharge_current_a = 0;
  double inverter_fold_back_v = 0;
  double inverter_discharge_fold_back_v = 0;
  double fallback_charge_current_a = 0;
  double fallback_discharge_current_a = 0;
  double fallback_lowest_v = 0;
  double fallback_highest_v = 0;

  // Equipment beside it whose points it is judged by, sorted: the device, what its profile is
  // called and says, where it is. "hvac_0: demo_hvac 0123456789abcdef at tcp 10.0.0.7:502 unit 3;
  // ..." Who compares its current with which point is a member as well.
  std::string equipment;

  // How the limits of the site's racks become those of the site and of an inverter's part of it, in
  // the words of [limits].
  std::string limits_policy;
  std::string limits_lost_silent;
  std::string limits_lost_invalid;
  double limits_hold_ms = 0;

  // What it is built for.
  double capacity_ah = 0;
  double charge_current_a = 0;
  double discharge_current_a = 0;
  double break_current_a = 0;
  double precharge_resistance_ohm = 0; ///< 0: not stated
  double precharge_energy_j = 0;
  double closing_spacing_s = 10; ///< former versions that lack it were judged by this

  protection::derating derating;
  protection::table limits;
  friend bool operator==(const rack_configuration&, const rack_configuration&) = default;
};

/// Why the rack is never closed; empty: it may be. It is commissioned, and something opens it when
/// all else fails.
[[nodiscard]] std::string bar_to_closing(const rack_configuration& of);

} // namespace voltaic::messages::configuration
