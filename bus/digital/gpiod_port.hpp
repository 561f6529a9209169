#pragma once

#include "bus/digital/port.hpp"

namespace voltaic::bus::digital {

/// Lines of a GPIO chip of this machine, by libgpiod 1.6. Levels are physical: what is
/// closed or active by its wiring, its reader knows.
[[nodiscard]] messages::expected<std::unique_ptr<port>> open_gpiod_port(const port_options& options,
                                                                        handler told);

} // namespace voltaic::bus::digital
