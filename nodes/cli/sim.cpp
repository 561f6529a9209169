#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "nodes/cli/subcommands.hpp"
#include "nodes/process/process_log.hpp"
#include "nodes/simulator/run_simulator.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  std::string site_file;
  std::vector<std::string> racks; ///< empty: all
  pid_t parent = 0;
};

/// The racks of a site on virtual buses: what a simulator can play.
std::vector<simulator::rack_place> places(const site::plan& plan) {
  std::vector<simulator::rack_place> result;
  for (const site::rack& rack : plan.racks) {
    const site::device* device = plan.find_device(rack.device);
    const site::can_bus* bus = device == nullptr ? nullptr : plan.find_bus(device->bus);
    if (bus == nullptr || bus->kind != site::bus_kind::virtual_bus) continue;
    result.push_back({rack.name, bus->uri, device->id_offset});
  }
  return result;
}

exit_code simulate(const options& given) {
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
  played.parent = given.parent;
  played.racks = places(plan);
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
  if (played.racks.empty()) {
    fmt::print(stderr, "voltaic sim: {} has no rack on a virtual bus\n", given.site_file);
    return exit_code::findings;
  }
  if (const auto made = site::create(plan.folders); !made) {
    fmt::print(stderr, "voltaic sim: {}\n", made.error().text);
    return exit_code::refused;
  }
  const auto log = process::open_process_log(
      plan.folders.log, given.racks.size() == 1 ? "sim_" + given.racks.front() : "sim");
  log->info("simulator of site {} starts: {} racks, voltaic {}, process {}", plan.name,
            played.racks.size(), VOLTAIC_VERSION, ::getpid());
  const auto code = simulator::run_simulator(played);
  log->info("has stopped: exit {}", static_cast<int>(code));
  return code;
}

} // namespace

action declare_sim(CLI::App& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->site_file, "Site file")->type_name("FILE")->required();
  app.add_option("--rack", given->racks, "Simulate only this rack; may be repeated")
      ->type_name("RACK");
  app.add_option("--parent-pid", given->parent, "End when this process ends")
      ->type_name("PID")
      ->group("");
  return [given] { return simulate(*given); };
}

} // namespace voltaic::nodes::cli
