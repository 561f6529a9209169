#include "actors/simulator/dc_bus_model.hpp"

namespace voltaic::actors::simulator {

std::size_t dc_bus_model::add_rack() {
  racks_.emplace_back();
  return racks_.size() - 1;
}

std::optional<live_bus> dc_bus_model::without(std::size_t rack) const {
  live_bus found;
  for (std::size_t each = 0; each < racks_.size(); ++each) {
    if (each == rack || !racks_[each]) continue;
    found.voltage_v += *racks_[each];
    ++found.racks;
  }
  if (found.racks == 0) return std::nullopt;
  found.voltage_v /= found.racks;
  return found;
}

} // namespace voltaic::actors::simulator
