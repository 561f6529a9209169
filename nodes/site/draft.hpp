#pragma once

#include <set>
#include <string>
#include <vector>

#include "nodes/site/plan.hpp"
#include "nodes/site/toml_section.hpp"

/// A site file as read, ranges expanded, names not yet resolved.
namespace voltaic::nodes::site {

/// A [[bus]] and the places of its keys; so are those that follow.
struct draft_bus {
  can_bus item;
  position name_at;
  position port_at;
  std::optional<position> self_at; ///< the first key of who we are on J1939
  std::optional<position> node_at; ///< of canopen_node
};

/// A [[modbus]] or [[serial]] line.
struct draft_line {
  modbus_line item;
  position name_at;
};

/// A [[device]], one for each member of its range.
struct draft_device {
  device item;
  std::string profile_text; ///< variables expanded
  bool has_address = false; ///< its place on the line is stated as an address
  bool has_unit = false;    ///< or as a unit
  position unit_at;         ///< of whichever it is
  position table_at;
  position name_at;
  position profile_at;
  position link_at;     ///< of bus or line
  position offset_at;   ///< of id_offset or id_map
  position node_at;     ///< {0, 0}: no node was stated
  position identity_at; ///< of j1939_identity_number
};

/// A [[rack]], one for each member of its range.
struct draft_rack {
  rack item;
  std::string protection_text;
  const toml::table* changes = nullptr; ///< to the protection file; of the site file's own text
  position name_at;
  position device_at;
  position protection_at;
  position node_at;
  position hard_wired_at;
  position emergency_stop_at;
  position interlock_at;
  position fire_at;
  position reset_key_at;
};

/// A [[digital]], one for each member of its range.
struct draft_digital {
  digital item;
  position name_at;
  position node_at; ///< {0, 0}: no node was stated
  std::vector<position> input_at;
  std::vector<position> output_at;
};

/// An [[inverter]].
struct draft_inverter {
  inverter item;
  std::string profile_text;
  std::string compatibility_text; ///< empty: there is no table
  position table_at;
  position name_at;
  position profile_at;
  position link_at; ///< of bus or device
  position racks_at;
  position node_at;
  position compatibility_at;
  position relay_at;    ///< of safety_relay
  position measured_at; ///< of dc_current, else of dc_power
  position measured_voltage_at;
  bool is_measured_by_profile = false; ///< dc_current = "inverter"
  bool is_measured_wrong = false;      ///< what is stated contradicts itself
  position charge_voltage_at;
  position discharge_voltage_at;
};

/// The whole file.
struct draft {
  plan base; ///< what needs no resolving
  position name_at;
  position common_loss_at;
  position scenario_at;
  std::uint16_t ports_offset = 0; ///< added to ports that the site itself serves
  std::vector<draft_bus> buses;
  std::vector<draft_line> lines;
  std::vector<draft_device> devices;
  std::vector<draft_rack> racks;
  std::vector<draft_inverter> inverters;
  std::vector<draft_digital> digitals;
  // Every name that some table means to declare, also where the rest of that
  // table is wrong: a mistake in one table is not told again by its users.
  std::set<std::string, std::less<>> bus_names;
  std::set<std::string, std::less<>> line_names;
  std::set<std::string, std::less<>> device_names;
  // Paths that began with a variable: the person who sets it may name any place.
  std::set<std::string, std::less<>> absolute_allowed;
};

/// Reads the whole file; what is wrong is in the report.
[[nodiscard]] draft read_draft(const toml::table& file, reporter& report);

} // namespace voltaic::nodes::site
