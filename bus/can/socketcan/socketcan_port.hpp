#pragma once

#include <memory>
#include <string>

#include "bus/can/port.hpp"

namespace voltaic::bus::can {

/// A CAN interface of this machine (`socketcan:NAME`), by the kernel's raw sockets. Frames carry
/// the kernel's stamps, moved onto CLOCK_MONOTONIC. The interface may be absent or down: the port
/// is down meanwhile, and ticks go on; it sets nothing up itself. Fails where the kernel has no
/// CAN, or refuses what the port needs.
[[nodiscard]] messages::expected<std::unique_ptr<port>> open_socketcan_port(
    const port_options& options, const std::string& interface_name, batch_handler handler);

} // namespace voltaic::bus::can
