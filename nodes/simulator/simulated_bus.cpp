#include "nodes/simulator/simulated_bus.hpp"

#include <algorithm>
#include <iterator>

namespace voltaic::nodes::simulator {

using actors::simulator::slot_us;

std::size_t shared_dc_bus::add_rack() {
  const std::scoped_lock lock(mutex_);
  return model_.add_rack();
}

void shared_dc_bus::set(std::size_t rack, std::optional<double> joined_v) {
  const std::scoped_lock lock(mutex_);
  model_.set(rack, joined_v);
}

std::optional<actors::simulator::live_bus> shared_dc_bus::without(std::size_t rack) {
  const std::scoped_lock lock(mutex_);
  return model_.without(rack);
}

simulated_bus::simulated_bus(const std::vector<played_rack>& racks) {
  for (const auto& each : racks)
    racks_.push_back({actors::simulator::simulated_rack_model(each.options), each.dc_bus,
                      each.dc_bus == nullptr ? 0 : each.dc_bus->add_rack()});
}

messages::expected<std::unique_ptr<simulated_bus>> simulated_bus::open(
    const bus::can::port_options& options, const std::vector<played_rack>& racks) {
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
    (void)racks_.at(rack).model.set(over.point, over.index, over.kind, over.value);
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
    if (rack.dc_bus != nullptr) rack.model.share(rack.dc_bus->without(rack.dc_place));
    const auto frames = rack.model.step(now_us, received_);
    if (rack.dc_bus != nullptr) rack.dc_bus->set(rack.dc_place, rack.model.joined_v());
    sent_.insert(sent_.end(), frames.begin(), frames.end());
  }
  received_.clear();
  // What an absent or full bus refuses is gone; the next period comes soon.
  if (!sent_.empty()) (void)port->send_all(sent_);
}

} // namespace voltaic::nodes::simulator
