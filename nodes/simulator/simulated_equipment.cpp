#include "nodes/simulator/simulated_equipment.hpp"

#include <fmt/format.h>

namespace voltaic::nodes::simulator {

messages::expected<std::unique_ptr<simulated_equipment>> simulated_equipment::open(
    const std::vector<equipment_line>& lines) {
  std::unique_ptr<simulated_equipment> made(new simulated_equipment);
  for (const auto& line : lines) {
    if (!line.path.empty()) {
      if (auto added = made->add_serial(line); !added) return added.error();
      continue;
    }
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

messages::expected<bool> simulated_equipment::add_serial(const equipment_line& line) {
  auto part = std::make_unique<serial_part>();
  for (const auto& [address, played] : line.units) {
    part->devices[played.device] = address;
    part->line.add(address, played.profile);
  }
  auto served = bus::serial::serve_pty(
      line.path, [this, at = part.get()](std::span<const std::uint8_t> bytes) {
        const std::scoped_lock lock(mutex_);
        return hear(*at, bytes);
      });
  if (!served) return messages::failure{line.name + ": " + served.error().text};
  part->wire = *std::move(served);
  serials_.push_back(std::move(part));
  return true;
}

std::vector<bus::serial::sent_piece> simulated_equipment::hear(
    serial_part& part, std::span<const std::uint8_t> bytes) {
  std::vector<bus::serial::sent_piece> pieces;
  for (auto& each : part.line.hear(bytes)) pieces.push_back({each.delay_us, std::move(each.bytes)});
  return pieces;
}

bool simulated_equipment::set(const simulate::equipment_overlay& what) {
  const std::scoped_lock lock(mutex_);
  for (const auto& line : serials_) {
    const auto found = line->devices.find(what.device);
    if (found != line->devices.end())
      return line->line.set(found->second, what.point, what.index, what.effect, what.value);
  }
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
  for (const auto& line : serials_) line->line.step(now_us);
}

std::vector<std::uint16_t> simulated_equipment::ports() const {
  std::vector<std::uint16_t> result;
  for (const auto& line : lines_) result.push_back(line->server->port());
  return result;
}

} // namespace voltaic::nodes::simulator
