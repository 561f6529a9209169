#include "nodes/simulator/simulated_equipment.hpp"

#include <fmt/format.h>

namespace voltaic::nodes::simulator {

messages::expected<std::unique_ptr<simulated_equipment>> simulated_equipment::open(
    const std::vector<equipment_line>& lines) {
  std::unique_ptr<simulated_equipment> made(new simulated_equipment);
  for (const auto& line : lines) {
    auto part = std::make_unique<site_part>();
    for (const auto& [unit, played] : line.units) {
      auto model = actors::simulator::make_equipment(played.kind);
      if (model == nullptr)
        return messages::failure{fmt::format("{}: nobody can play \"{}\"", line.name, played.kind)};
      part->units[unit] = std::move(model);
      part->devices[played.device] = unit;
    }
    auto served = bus::modbus::start_server(
        {.name = line.name, .host = line.host, .port = line.port},
        [all = made.get(), at = part.get()](std::uint8_t unit, std::span<const std::uint8_t> pdu) {
          const std::scoped_lock lock(all->mutex_);
          const auto found = at->units.find(unit);
          // As behind a real gateway, a unit that is not there does not answer.
          if (found == at->units.end()) return bus::modbus::unit_reply({});
          auto said = found->second->answer(pdu);
          return bus::modbus::unit_reply(std::move(said.pdu), said.delay_us);
        });
    if (!served)
      return messages::failure{served.error().text +
                               "; another site on this machine is moved by [ports] offset"};
    part->server = *std::move(served);
    made->lines_.push_back(std::move(part));
  }
  return made;
}

bool simulated_equipment::set(const simulate::equipment_overlay& what) {
  const std::scoped_lock lock(mutex_);
  for (const auto& line : lines_) {
    const auto found = line->devices.find(what.device);
    if (found == line->devices.end()) continue;
    return line->units.at(found->second)->set(what.point, what.index, what.effect, what.value);
  }
  return false;
}

void simulated_equipment::carry(const std::string& device, double current_a) {
  const std::scoped_lock lock(mutex_);
  for (const auto& line : lines_) {
    const auto found = line->devices.find(device);
    if (found != line->devices.end()) line->units.at(found->second)->carry(current_a);
  }
}

void simulated_equipment::step(std::int64_t now_us) {
  const std::scoped_lock lock(mutex_);
  double given_w = 0;
  for (const auto& line : lines_)
    for (const auto& [unit, model] : line->units) given_w += model->power_w();
  for (const auto& line : lines_)
    for (const auto& [unit, model] : line->units) {
      model->observe(given_w);
      model->step(now_us);
    }
}

std::vector<std::uint16_t> simulated_equipment::ports() const {
  std::vector<std::uint16_t> result;
  for (const auto& line : lines_) result.push_back(line->server->port());
  return result;
}

} // namespace voltaic::nodes::simulator
