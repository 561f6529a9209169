#include "nodes/simulator/run_simulator.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>

#include "bus/control/ready.hpp"
#include "nodes/simulator/simulated_bus.hpp"
#include "nodes/simulator/stop_signal.hpp"

namespace voltaic::nodes::simulator {
namespace {

// Slow enough to cost nothing, fast enough for what is polled every 100 ms.
constexpr int equipment_period_ms = 50;

std::int64_t monotonic_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

actors::simulator::rack_options rack_options_of(const simulator_options& options,
                                                const rack_place& place) {
  actors::simulator::rack_options result;
  result.id_offset = place.id_offset;
  result.cell_period_us = place.cell_period_us;
  result.pack.soc_percent = options.soc_percent;
  result.pack.temperature_c = options.temperature_c;
  result.controller.initially_closed = options.initially_closed;
  return result;
}

} // namespace

cli::exit_code run_simulator(const simulator_options& options) {
  stop_signal stop(options.parent);
  std::map<std::string, std::vector<actors::simulator::rack_options>> racks;
  for (const rack_place& place : options.racks) {
    racks[place.uri].push_back(rack_options_of(options, place));
  }
  std::vector<std::unique_ptr<simulated_bus>> buses;
  for (const auto& [uri, members] : racks) {
    bus::can::port_options port;
    port.uri = uri;
    port.runtime_folder = options.runtime_folder;
    auto opened = simulated_bus::open(port, members);
    if (!opened) {
      fmt::print(stderr, "voltaic sim: {}\n", opened.error().text);
      return cli::exit_code::refused;
    }
    buses.push_back(std::move(*opened));
  }
  for (const rack_place& place : options.racks) {
    fmt::print("{} is simulated on {} from 0x{:03X}\n", place.name, place.uri,
               0x080 + place.id_offset);
  }
  auto equipment = simulated_equipment::open(options.equipment);
  if (!equipment) {
    fmt::print(stderr, "voltaic sim: {}\n", equipment.error().text);
    return cli::exit_code::refused;
  }
  for (const equipment_line& line : options.equipment) {
    for (const auto& [unit, kind] : line.units) {
      fmt::print("{}: {} is simulated at {}:{} unit {}\n", line.name, kind, line.host, line.port,
                 unit);
    }
  }
  std::fflush(stdout);
  bus::control::notify_ready();
  const int period_ms = options.equipment.empty() ? -1 : equipment_period_ms;
  while (!stop.wait(period_ms)) {
    (*equipment)->step(monotonic_us());
  }
  return cli::exit_code::done;
}

} // namespace voltaic::nodes::simulator
