#include <fmt/format.h>

#include <memory>
#include <string>

#include "nodes/cli/subcommands.hpp"
#include "nodes/simulator/run_bus.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

constexpr std::string_view virtual_scheme = "virtual:";
/// With bit times a client need not wake for each frame: its stamps are exact.
constexpr std::int64_t bit_time_packing_us = 1'000;

struct options {
  std::string site_file;
  std::string bus;
  std::string packing; ///< empty: as the bus needs it
  pid_t parent = 0;
};

exit_code serve(const options& given) {
  const auto loaded = site::load(given.site_file);
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    for (const auto& each : *findings) fmt::print(stderr, "{}\n", site::to_string(each));
    return exit_code::findings;
  }
  const auto& plan = std::get<site::plan>(loaded);
  const site::can_bus* bus = plan.find_bus(given.bus);
  if (bus == nullptr || bus->kind != site::bus_kind::virtual_bus) {
    fmt::print(stderr, "voltaic bus: {} has no virtual bus {}\n", given.site_file, given.bus);
    return exit_code::findings;
  }
  if (const auto made = site::create(plan.folders); !made) {
    fmt::print(stderr, "voltaic bus: {}\n", made.error().text);
    return exit_code::refused;
  }
  simulator::bus_process_options process;
  process.parent = given.parent;
  process.bus.name = bus->uri.substr(virtual_scheme.size());
  process.bus.runtime_folder = plan.folders.runtime;
  process.bus.bitrate = bus->bitrate;
  process.bus.bit_times = bus->bit_time;
  process.bus.packing_us = bus->bit_time ? bit_time_packing_us : 0;
  if (!given.packing.empty()) {
    const auto packing_ms = parse_duration_ms(given.packing);
    if (!packing_ms) {
      fmt::print(stderr, "voltaic bus: --packing {}: expected a duration such as 1ms\n",
                 given.packing);
      return exit_code::usage;
    }
    process.bus.packing_us = static_cast<std::int64_t>(*packing_ms) * 1'000;
  }
  return simulator::run_bus(process);
}

} // namespace

action declare_bus(CLI::App& app) {
  auto given = std::make_shared<options>();
  app.group(""); // started by the site, not by people
  app.add_option("SITE", given->site_file, "Site file")->required();
  app.add_option("BUS", given->bus, "Name of one of its virtual buses")->required();
  app.add_option("--packing", given->packing, "How long delivery may wait for more frames");
  app.add_option("--parent-pid", given->parent, "End when this process ends");
  return [given] { return serve(*given); };
}

} // namespace voltaic::nodes::cli
