#include "nodes/simulator/simulated_pack.hpp"

#include <utility>

namespace voltaic::nodes::simulator {

messages::expected<std::unique_ptr<simulated_pack>> simulated_pack::open(
    const bus::can::port_options& options, std::unique_ptr<actors::simulator::pack_model> model) {
  std::unique_ptr<simulated_pack> made(new simulated_pack(std::move(model)));
  auto port = bus::can::open_port(
      options, [pack = made.get()](bus::can::batch&& said) { pack->take(said); });
  if (!port) return port.error();
  made->port_ = std::move(*port);
  made->open_port_ = made->port_.get();
  return made;
}

bool simulated_pack::set(std::string_view point, std::optional<std::uint32_t> index,
                         actors::simulator::equipment_effect effect, double value) {
  const std::scoped_lock lock(mutex_);
  return model_->set(point, index, effect, value);
}

void simulated_pack::take(const bus::can::batch& said) {
  std::vector<messages::can::frame> sent;
  {
    const std::scoped_lock lock(mutex_);
    sent = model_->step(said.now_us, said.frames);
  }
  bus::can::port* const port = open_port_;
  // What an absent or full bus refuses is gone; whoever asked will ask again.
  if (port != nullptr && !sent.empty()) (void)port->send_all(sent);
}

} // namespace voltaic::nodes::simulator
