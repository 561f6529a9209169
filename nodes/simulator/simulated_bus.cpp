#include "nodes/simulator/simulated_bus.hpp"

#include <algorithm>
#include <iterator>

namespace voltaic::nodes::simulator {

using actors::simulator::slot_us;

simulated_bus::simulated_bus(const std::vector<actors::simulator::rack_options>& racks)
    : racks_(racks.begin(), racks.end()) {}

messages::expected<std::unique_ptr<simulated_bus>> simulated_bus::open(
    const bus::can::port_options& options,
    const std::vector<actors::simulator::rack_options>& racks) {
  std::unique_ptr<simulated_bus> made(new simulated_bus(racks));
  auto port = bus::can::open_port(
      options, [bus = made.get()](bus::can::batch&& said) { bus->take(std::move(said)); });
  if (!port) return port.error();
  made->port_ = std::move(*port);
  made->open_port_ = made->port_.get();
  return made;
}

void simulated_bus::set(std::vector<std::pair<std::size_t, simulate::overlay>> what) {
  const std::scoped_lock lock(mutex_);
  std::ranges::move(what, std::back_inserter(to_lay_));
}

void simulated_bus::lay() {
  std::vector<std::pair<std::size_t, simulate::overlay>> all;
  {
    const std::scoped_lock lock(mutex_);
    all.swap(to_lay_);
  }
  for (const auto& [rack, over] : all)
    (void)racks_.at(rack).set(over.point, over.index, over.kind, over.value);
}

void simulated_bus::take(bus::can::batch&& said) {
  received_.insert(received_.end(), said.frames.begin(), said.frames.end());
  bus::can::port* const port = open_port_;
  if (port == nullptr || said.now_us < due_us_) return;
  // Steps lie on the grid, however late the tick came.
  const std::int64_t now_us = said.now_us / slot_us * slot_us;
  due_us_ = now_us + slot_us;
  lay();
  sent_.clear();
  for (auto& rack : racks_) {
    const auto frames = rack.step(now_us, received_);
    sent_.insert(sent_.end(), frames.begin(), frames.end());
  }
  received_.clear();
  // What an absent or full bus refuses is gone; the next period comes soon.
  if (!sent_.empty()) (void)port->send_all(sent_);
}

} // namespace voltaic::nodes::simulator
