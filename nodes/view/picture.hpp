#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nodes/view/alarm_list.hpp"

/// What a person sees of a site, as plain values. A number that is not there or
/// not good has no value: nobody may take it for one.
namespace voltaic::nodes::view {

using number = std::optional<double>;

/// The least or greatest of many elements, and which one it is.
struct extreme {
  number value;
  std::string place; ///< "12:3", module and element, or "195" where there are no modules
};

/// Many values of one kind, as the cells of a rack. NaN: not good.
struct elements {
  std::vector<double> values;
  std::uint32_t group_size = 0; ///< in a module; 0: there are none
};

struct rack_picture {
  std::string name;
  std::string contactor;                    ///< "unknown" where nobody says
  std::vector<std::string> contactor_locks; ///< what keeps it open until somebody resets it
  number voltage_v;
  number current_a; ///< positive: discharge
  number power_w;
  number soc_percent;
  extreme cell_min_v;
  extreme cell_max_v;
  number cell_average_v;
  extreme temperature_min_c;
  extreme temperature_max_c;
  elements cells_v;
  number charge_limit_a;
  number discharge_limit_a;
  std::vector<std::string> limit_reasons;
};

/// All racks as one battery.
struct system_picture {
  number racks_active;
  number voltage_v;
  number current_a;
  number power_w;
  number soc_percent;
  number soc_min_percent;
  number soc_max_percent;
  number charge_limit_a;
  number discharge_limit_a;
  number energy_charged_wh;
  number energy_discharged_wh;
  std::vector<std::string> missing; ///< racks that are not in it
};

/// An inverter, an air conditioner, a meter.
struct equipment_picture {
  struct point {
    std::string name;
    std::string text; ///< "-" where there is none
    std::string unit; ///< empty: none
  };
  std::string name;
  bool is_good = false;      ///< every shown point is
  std::vector<point> points; ///< the telling ones first
};

/// A CAN bus or a Modbus line.
struct link_picture {
  std::string name;
  std::string state;
  bool is_well = false;
  number load_percent;
  struct count {
    std::string what; ///< "timeouts"
    std::uint64_t number = 0;
  };
  std::vector<count> errors; ///< only those that happened
};

/// A process of the site.
struct process_picture {
  std::string name;
  std::string state;
  bool is_node = true; ///< else it is simulated equipment or a bus
  std::uint32_t deaths = 0;
  double cpu_percent = 0;
  double memory_mb = 0;
  std::int64_t uptime_s = 0;
  std::string last_exit; ///< empty: it has never ended
};

/// Something that happened.
struct event_picture {
  std::int64_t utc_us = 0;
  std::string subject;
  std::string text;
};

/// The whole of a site at one moment.
struct picture {
  std::string site;
  std::int64_t utc_us = 0;
  bool is_heard = false; ///< its message bus speaks
  std::string trouble;   ///< why nothing new is shown; empty: nothing is wrong
  system_picture system;
  std::vector<rack_picture> racks;
  std::vector<alarm> alarms; ///< the worst first
  std::vector<equipment_picture> equipment;
  std::vector<link_picture> links;
  std::vector<process_picture> processes;
  std::vector<event_picture> events; ///< oldest first
};

} // namespace voltaic::nodes::view
