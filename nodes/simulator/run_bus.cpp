#include "nodes/simulator/run_bus.hpp"

#include <fmt/format.h>

#include "bus/control/ready.hpp"
#include "nodes/simulator/stop_signal.hpp"

namespace voltaic::nodes::simulator {

cli::exit_code run_bus(const bus_process_options& options) {
  stop_signal stop(options.parent);
  const auto served = bus::can::virtual_bus::start(options.bus);
  if (!served) {
    fmt::print(stderr, "voltaic bus: {}\n", served.error().text);
    return cli::exit_code::refused;
  }
  fmt::print("virtual bus {} at {} bit/s is ready\n", options.bus.name, options.bus.bitrate);
  std::fflush(stdout);
  bus::control::notify_ready();
  while (!stop.wait()) {
  }
  const bus::can::virtual_bus_statistics sum = (*served)->read_statistics();
  fmt::print("virtual bus {} carried {} frames; {} lost by slow clients, {} expired\n",
             options.bus.name, sum.frames, sum.lost, sum.expired);
  return cli::exit_code::done;
}

} // namespace voltaic::nodes::simulator
