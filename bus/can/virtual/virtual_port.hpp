#pragma once

#include <memory>

#include "bus/can/port.hpp"

namespace voltaic::bus::can {

/// A client of the virtual bus NAME (`virtual:NAME`). The bus may be absent:
/// the port is down meanwhile and ticks go on. Frames carry the instant at
/// which the bus delivered them, on this machine's CLOCK_MONOTONIC.
[[nodiscard]] messages::expected<std::unique_ptr<port>> open_virtual_port(
    const port_options& options, const std::string& name, batch_handler handler);

} // namespace voltaic::bus::can
