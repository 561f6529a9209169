#include "nodes/simulator/simulated_inverter.hpp"

#include <utility>

namespace voltaic::nodes::simulator {

messages::expected<std::unique_ptr<simulated_inverter>> simulated_inverter::open(
    const bus::can::port_options& options, actors::simulator::can_inverter_model model) {
  std::unique_ptr<simulated_inverter> made(new simulated_inverter(std::move(model)));
  auto port = bus::can::open_port(
      options, [inverter = made.get()](bus::can::batch&& said) { inverter->take(said); });
  if (!port) return port.error();
  made->port_ = std::move(*port);
  made->open_port_ = made->port_.get();
  return made;
}

void simulated_inverter::set(actors::simulator::inverter_effect effect) {
  const std::scoped_lock lock(mutex_);
  model_.set(effect);
}

void simulated_inverter::carry(double current_a) {
  const std::scoped_lock lock(mutex_);
  model_.carry(current_a);
}

void simulated_inverter::take(const bus::can::batch& said) {
  std::vector<messages::can::frame> sent;
  {
    const std::scoped_lock lock(mutex_);
    sent = model_.step(said.now_us, said.frames);
  }
  bus::can::port* const port = open_port_;
  // What an absent or full bus refuses is gone; the next comes in a second.
  if (port != nullptr && !sent.empty()) (void)port->send_all(sent);
}

} // namespace voltaic::nodes::simulator
