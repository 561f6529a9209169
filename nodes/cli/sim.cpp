#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/profiles/device_profile.hpp"
#include "messages/time.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/process/process_log.hpp"
#include "nodes/simulator/run_simulator.hpp"
#include "nodes/site/cell_period.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string site_file;
  std::vector<std::string> racks; ///< empty: all, unless only equipment is asked for
  bool equipment = false;
  std::string scenario;                ///< empty: the site's
  std::uint64_t scenario_start_us = 0; ///< 0: once it plays
  pid_t parent = 0;
};

/// The racks of a site on virtual buses: what a simulator can play.
std::vector<simulator::rack_place> places(const site::plan& plan) {
  std::vector<simulator::rack_place> result;
  for (const site::rack& rack : plan.racks) {
    const site::device* device = plan.find_device(rack.device);
    const site::can_bus* bus = device == nullptr ? nullptr : plan.find_bus(device->bus);
    if (bus == nullptr || bus->kind != site::bus_kind::virtual_bus || !device->simulate.empty())
      continue;
    simulator::rack_place place{rack.name, bus->uri, device->id_offset,
                                site::translation_of(*device)};
    place.dc_bus = rack.dc_bus;
    place.cell_period_us = site::cell_period_us_of(*device).value_or(place.cell_period_us);
    result.push_back(std::move(place));
  }
  return result;
}

/// The racks behind an inverter, where all of them are simulated: then it is known what flows.
std::vector<std::string> simulated_racks(const site::plan& plan, const site::inverter& item) {
  const auto played = places(plan);
  const bool all = std::ranges::all_of(item.racks, [&](const std::string& name) {
    return std::ranges::find(played, name, &simulator::rack_place::name) != played.end();
  });
  return all ? item.racks : std::vector<std::string>();
}

/// The equipment of a site on lines of this machine.
std::vector<simulator::equipment_line> equipment(const site::plan& plan) {
  std::vector<simulator::equipment_line> result;
  for (const site::modbus_line& line : plan.simulated_lines()) {
    simulator::equipment_line made{line.name, line.host, line.port, {}, line.serial.device};
    for (const site::device& device : plan.devices)
      if (device.line == line.name)
        made.units[device.unit] = {device.name, device.simulate, {}, device.profile};
    for (const auto& item : plan.inverters)
      for (auto& [unit, played] : made.units)
        if (played.device == item.device) played.racks = simulated_racks(plan, item);
    result.push_back(std::move(made));
  }
  return result;
}

/// The inverters of a site on virtual buses that are to be played.
std::vector<simulator::inverter_place> inverters(const site::plan& plan) {
  std::vector<simulator::inverter_place> result;
  for (const auto& item : plan.inverters)
    if (item.simulate)
      result.push_back({item.name, plan.find_bus(item.bus)->uri, item.profile,
                        site::wire_options_of(item), simulated_racks(plan, item)});
  return result;
}

/// The batteries of a site on virtual buses that are asked or commissioned.
std::vector<simulator::pack_place> packs(const site::plan& plan) {
  std::vector<simulator::pack_place> result;
  for (const auto* item : plan.simulated_packs())
    result.push_back({item->name, item->simulate, plan.find_bus(item->bus)->uri, item->profile,
                      item->id_offset});
  return result;
}

// Of each process that the supervisor starts, a file of its own.
std::string log_name(const options& given) {
  if (given.racks.size() == 1) return "sim_" + given.racks.front();
  return given.racks.empty() && given.equipment ? "sim_equipment" : "sim";
}

/// What the scenario makes devices do; nothing when mistakes were printed.
std::optional<std::vector<simulate::deed>> read_deeds(const options& given,
                                                      const site::plan& plan) {
  const auto& path = given.scenario.empty() ? plan.simulator.scenario : given.scenario;
  if (path.empty()) return std::vector<simulate::deed>();
  auto deeds = simulate::load_trace(path, plan, simulate::trace_player::devices);
  if (const auto* findings = std::get_if<messages::findings>(&deeds)) {
    for (const auto& one : *findings) fmt::print(stderr, "{}\n", site::to_string(one));
    return std::nullopt;
  }
  return std::get<std::vector<simulate::deed>>(std::move(deeds));
}

exit_code play(const options& given) {
  const auto loaded = site::load(given.site_file);
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    for (const auto& each : *findings) fmt::print(stderr, "{}\n", site::to_string(each));
    return exit_code::findings;
  }
  const auto& plan = std::get<site::plan>(loaded);
  simulator::simulator_options played;
  played.runtime_folder = plan.folders.runtime;
  played.initially_closed = plan.simulator.initial == "closed";
  played.soc_percent = plan.simulator.soc_percent;
  played.temperature_c = plan.simulator.temperature_c;
  played.noise = plan.simulator.noise;
  played.scatter = plan.simulator.scatter;
  played.seed = plan.simulator.seed;
  auto deeds = read_deeds(given, plan);
  if (!deeds) return exit_code::findings;
  played.deeds = *std::move(deeds);
  if (given.scenario_start_us != 0)
    played.deeds_start_us = static_cast<std::int64_t>(given.scenario_start_us);
  played.parent = given.parent;
  const bool everything = given.racks.empty() && !given.equipment;
  if (everything || !given.racks.empty()) played.racks = places(plan);
  if (everything || given.equipment) {
    played.equipment = equipment(plan);
    played.inverters = inverters(plan);
    played.packs = packs(plan);
  }
  for (const std::string& name : given.racks) {
    const bool known = std::any_of(played.racks.begin(), played.racks.end(),
                                   [&](const auto& place) { return place.name == name; });
    if (known) continue;
    fmt::print(stderr, "voltaic sim: {} has no rack {} on a virtual bus\n", given.site_file, name);
    return exit_code::findings;
  }
  std::erase_if(played.racks, [&](const simulator::rack_place& place) {
    return !given.racks.empty() &&
           std::find(given.racks.begin(), given.racks.end(), place.name) == given.racks.end();
  });
  if (played.racks.empty() && played.equipment.empty() && played.inverters.empty() &&
      played.packs.empty()) {
    fmt::print(stderr, "voltaic sim: {} has no rack on a virtual bus and no simulated equipment\n",
               given.site_file);
    return exit_code::findings;
  }
  if (const auto made = site::create(plan.folders); !made) {
    fmt::print(stderr, "voltaic sim: {}\n", made.error().text);
    return exit_code::refused;
  }
  const auto log = process::open_process_log(plan.folders.log, log_name(given));
  log->info("simulator of site {} starts: {} racks, {} lines, voltaic {}, process {}", plan.name,
            played.racks.size(), played.equipment.size(), VOLTAIC_VERSION, ::getpid());
  const auto code = simulator::run_simulator(played);
  // Else its last words are why.
  if (code == exit_code::done) log->info("has stopped");
  return code;
}

} // namespace

action declare_sim(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->site_file, "Site file").type_name("FILE").required();
  app.add_option("--rack", given->racks, "Simulate only this rack; may be repeated")
      .type_name("RACK");
  app.add_flag("--equipment", given->equipment,
               "Simulate only the equipment, beside racks that are named");
  app.add_option("--scenario", given->scenario,
                 "What the devices are made to do: CSV with the header t_ms,point,index,value; "
                 "in place of the site's")
      .type_name("FILE");
  app.add_option("--scenario-start", given->scenario_start_us,
                 "The scenario's t=0 on the monotonic clock, in us")
      .type_name("TIME")
      .hidden();
  app.add_option("--parent-pid", given->parent, "End when this process ends")
      .type_name("PID")
      .hidden();
  return [given] { return play(*given); };
}

} // namespace voltaic::nodes::cli
