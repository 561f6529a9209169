#pragma once

#include <cmath>
#include <limits>
#include <string>

#include "nodes/view/picture.hpp"

namespace voltaic::tests {

/// 480 cells around 3.300 V; cell 3 of module 12 stands out, cell 0 of module 29 is not good.
inline nodes::view::elements sample_cells() {
  nodes::view::elements cells;
  cells.group_size = 16;
  for (int i = 0; i < 480; ++i) cells.values.push_back(3.300 + 0.002 * (i % 4 - 1));
  cells.values[12 * 16 + 3] = 3.330;
  cells.values[29 * 16] = std::numeric_limits<double>::quiet_NaN();
  return cells;
}

inline nodes::view::rack_picture sample_rack(int number) {
  nodes::view::rack_picture rack;
  rack.name = "rack_" + std::to_string(number);
  rack.contactor = "closed";
  rack.voltage_v = 1584.2;
  rack.current_a = -12.5;
  rack.power_w = -19'802.5;
  rack.soc_percent = 50.0 + number;
  rack.cell_min_v = {3.298, "0:0"};
  rack.cell_max_v = {3.330, "12:3"};
  rack.cell_average_v = 3.301;
  rack.temperature_min_c = {24.6, "3:1"};
  rack.temperature_max_c = {26.1, "12:7"};
  rack.cells_v = sample_cells();
  rack.charge_limit_a = 140.0;
  rack.discharge_limit_a = 140.0;
  return rack;
}

inline messages::alarms::explanation sample_words() {
  return {"Cell voltage too high", "It was charged too far.", "The cell ages.",
          "Let the rack discharge a little. If the same cell comes again, balance the rack or have "
          "the cell checked."};
}

/// Two racks of which one is lost, an inverter, a bus and a line, an alarm.
inline nodes::view::picture sample_picture() {
  nodes::view::picture site;
  site.site = "demo";
  site.utc_us = 1'795'292'107'000'000; // 2026-11-21 20:15:07
  site.is_heard = true;
  site.racks = {sample_rack(0), nodes::view::rack_picture{}};
  site.racks[0].limit_reasons = {"cell_overvoltage/warning"};
  site.racks[0].charge_limit_a = 70.0;
  site.racks[1].name = "rack_1";
  site.racks[1].contactor = "unknown";
  site.system.racks_active = 1;
  site.system.soc_percent = 50.0;
  site.system.voltage_v = 1584.2;
  site.system.charge_limit_a = 70.0;
  site.system.discharge_limit_a = 140.0;
  site.system.missing = {"rack_1"};
  site.alarms.push_back({site.utc_us - 4'000'000, "rack_0", "cell_overvoltage", "warning",
                         "module_12:cell_3", 3.554, "V", 3.55, 1, false, false, sample_words()});
  site.equipment.push_back(
      {"inverter_0",
       true,
       {{"state", "running", ""}, {"power", "20.0", "kW"}, {"temperature", "35.5", "degC"}}});
  site.links.push_back({"can0", "error-active", true, 31.4, {}});
  site.links.push_back({"inverter_line", "connected", true, {}, {{"timeouts", 3}}});
  site.processes.push_back({"relay", "running", true, 0, 0.4, 9.1, 722, ""});
  site.processes.push_back({"site", "running", true, 0, 1.2, 21.7, 722, ""});
  site.processes.push_back({"rack_0", "running", true, 0, 3.1, 14.2, 721, ""});
  site.processes.push_back({"rack_1", "failed", true, 4, 0, 0, 0, "signal 9 (Killed)"});
  site.processes.push_back({"bus can0", "running", false, 0, 1.0, 8.0, 723, ""});
  site.events.push_back({site.utc_us - 9'000'000, "rack_1", "system NODE_DOWN process 4711"});
  site.events.push_back({site.utc_us - 4'000'000, "rack_0", "protection cell_overvoltage"});
  return site;
}

} // namespace voltaic::tests
