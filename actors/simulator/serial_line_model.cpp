#include "actors/simulator/serial_line_model.hpp"

#include <utility>

namespace voltaic::actors::simulator {

void serial_line_model::add(
    std::uint8_t address,
    const std::shared_ptr<const messages::profiles::device_profile>& profile) {
  stations_.try_emplace(address, address, profile);
}

std::vector<serial_battery_model::reply> serial_line_model::hear(
    std::span<const std::uint8_t> bytes) {
  std::vector<serial_battery_model::reply> said;
  for (auto& [address, each] : stations_) {
    each.heard.push(bytes);
    for (auto found = each.heard.next(); found; found = each.heard.next()) {
      const auto* asked = std::get_if<messages::serial::frame>(&*found);
      if (asked == nullptr) continue;
      auto reply = each.battery.answer(*asked);
      if (!reply.bytes.empty()) said.push_back(std::move(reply));
    }
  }
  return said;
}

bool serial_line_model::set(std::uint8_t address, std::string_view point,
                            std::optional<std::uint32_t> index, equipment_effect effect,
                            double value) {
  const auto found = stations_.find(address);
  return found != stations_.end() && found->second.battery.set(point, index, effect, value);
}

void serial_line_model::step(std::int64_t now_us) {
  for (auto& [address, each] : stations_) each.battery.step(now_us);
}

} // namespace voltaic::actors::simulator
