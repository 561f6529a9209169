#include "bus/digital/port.hpp"

#include <utility>

#include "bus/digital/gpiod_port.hpp"
#include "bus/digital/simulated_port.hpp"

namespace voltaic::bus::digital {

messages::expected<std::unique_ptr<port>> open_port(const port_options& options, handler told) {
  if (options.chip == simulated_chip_name) {
    return open_simulated_port(options, std::make_shared<simulated_chip>(), std::move(told));
  }
  return open_gpiod_port(options, std::move(told));
}

} // namespace voltaic::bus::digital
