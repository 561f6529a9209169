#include <fmt/format.h>

#include <memory>
#include <string>

#include "nodes/cli/subcommands.hpp"
#include "nodes/simulator/run_bus.hpp"
#include "nodes/site/duration.hpp"

namespace voltaic::nodes::cli {

namespace {

struct options {
  simulator::bus_process_options process;
  std::string packing = "0ms";
};

exit_code serve(options& given) {
  const auto packing_ms = parse_duration_ms(given.packing);
  if (!packing_ms) {
    fmt::print(stderr, "voltaic bus: --packing {}: expected a duration such as 1ms\n",
               given.packing);
    return exit_code::usage;
  }
  given.process.bus.packing_us = static_cast<std::int64_t>(*packing_ms) * 1'000;
  return simulator::run_bus(given.process);
}

} // namespace

action declare_bus(CLI::App& app) {
  auto given = std::make_shared<options>();
  auto& bus = given->process.bus;
  app.group(""); // started by the site, not by people
  app.add_option("NAME", bus.name, "Name of the bus")->required();
  app.add_option("--site-folder", bus.runtime_folder, "The site's runtime folder")->required();
  app.add_option("--bitrate", bus.bitrate, "Bits per second")->check(CLI::PositiveNumber);
  app.add_flag("--bit-time", bus.bit_times, "Frames take as long as on a wire");
  app.add_option("--packing", given->packing, "How long delivery may wait for more frames");
  app.add_option("--parent-pid", given->process.parent, "End when this process ends");
  return [given] { return serve(*given); };
}

} // namespace voltaic::nodes::cli
