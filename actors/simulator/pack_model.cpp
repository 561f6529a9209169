#include "actors/simulator/pack_model.hpp"

#include <utility>

#include "actors/simulator/asked_pack_model.hpp"
#include "actors/simulator/canopen_battery_model.hpp"
#include "actors/simulator/j1939_battery_model.hpp"

namespace voltaic::actors::simulator {

std::unique_ptr<pack_model> make_pack(
    std::string_view kind, std::shared_ptr<const messages::profiles::device_profile> profile,
    std::uint32_t id_offset) {
  if (kind == "pack") return std::make_unique<asked_pack_model>(std::move(profile), id_offset);
  if (kind == "canopen" && profile->canopen)
    return std::make_unique<canopen_battery_model>(
        messages::profiles::node_of(*profile->canopen, id_offset).value_or(1));
  if (kind == "j1939" && id_offset <= j1939_battery_offset_max)
    return std::make_unique<j1939_battery_model>(id_offset);
  return nullptr;
}

} // namespace voltaic::actors::simulator
