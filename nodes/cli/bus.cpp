#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "nodes/cli/subcommands.hpp"
#include "nodes/process/process_log.hpp"
#include "nodes/simulator/run_bus.hpp"
#include "nodes/site/duration.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

constexpr std::string_view virtual_scheme = "virtual:";
/// What comes within a millisecond is delivered at once, as adapters at a USB port do
/// it: a client need not wake for each frame, and stamps are exact.
constexpr std::int64_t usual_packing_us = 1'000;

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
  simulator::bus_process_options served;
  served.parent = given.parent;
  served.bus.name = bus->uri.substr(virtual_scheme.size());
  served.bus.runtime_folder = plan.folders.runtime;
  served.bus.bitrate = bus->bitrate;
  served.bus.data_bitrate = bus->data_bitrate;
  served.bus.bit_times = bus->bit_time;
  served.bus.packing_us = usual_packing_us;
  if (!given.packing.empty()) {
    const auto packing_ms = parse_duration_ms(given.packing);
    if (!packing_ms) {
      fmt::print(stderr, "voltaic bus: --packing {}: expected a duration such as 1ms\n",
                 given.packing);
      return exit_code::usage;
    }
    served.bus.packing_us = static_cast<std::int64_t>(*packing_ms) * 1'000;
  }
  const auto log = process::open_process_log(plan.folders.log, "bus_" + bus->name);
  log->info("virtual bus {} of site {} starts: voltaic {}, process {}", bus->name, plan.name,
            VOLTAIC_VERSION, ::getpid());
  // It stands for hardware, which needs no such rights; chains have them where they may.
  log->info("rights: those of any process; its delays are the machine's");
  const auto code = simulator::run_bus(served);
  // Else its last words are why.
  if (code == exit_code::done) log->info("has stopped");
  return code;
}

} // namespace

action declare_bus(command_options& app) {
  auto given = std::make_shared<options>();
  app.hide(); // started by the site, not by people
  app.add_option("SITE", given->site_file, "Site file").type_name("FILE").required();
  app.add_option("BUS", given->bus, "Name of one of its virtual buses").type_name("BUS").required();
  app.add_option("--packing", given->packing, "How long delivery may wait for more frames")
      .type_name("DURATION");
  app.add_option("--parent-pid", given->parent, "End when this process ends").type_name("PID");
  return [given] { return serve(*given); };
}

} // namespace voltaic::nodes::cli
