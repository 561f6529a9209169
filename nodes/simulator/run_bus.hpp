#pragma once

#include <sys/types.h>

#include <string>

#include "bus/can/virtual/virtual_bus.hpp"
#include "nodes/cli/exit_code.hpp"

namespace voltaic::nodes::simulator {

/// What the process of a virtual bus needs to know.
struct bus_process_options {
  bus::can::virtual_bus_options bus;
  pid_t parent = 0; ///< ends with this process; 0: with nobody
};

/// Serves a virtual bus until SIGTERM, SIGINT or the parent's end; says ready
/// once clients can connect. Call it before there is any other thread.
[[nodiscard]] cli::exit_code run_bus(const bus_process_options& options);

} // namespace voltaic::nodes::simulator
