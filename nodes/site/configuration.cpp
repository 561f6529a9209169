#include "nodes/site/configuration.hpp"

#include <algorithm>

#include "messages/profiles/device_profile.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::nodes::site {
namespace {

// Whether others are joined to the DC bus of this rack.
bool shares_bus(const plan& of, const rack& item) {
  return !item.dc_bus.empty() && std::ranges::any_of(of.racks, [&](const rack& other) {
    return other.name != item.name && other.dc_bus == item.dc_bus;
  });
}

} // namespace

messages::configuration::rack_configuration configuration_of(const plan& of, const rack& item) {
  const auto& device = *of.find_device(item.device);
  const auto& profile = *device.profile;
  messages::configuration::rack_configuration made;
  made.profile = profile.name;
  made.profile_content = device.profile_content;
  made.bus = device.bus;
  made.id_offset = device.id_offset;
  made.commissioned = profile.commissioned ? 1 : 0;
  made.shares_bus = shares_bus(of, item) ? 1 : 0;
  if (profile.lease.mode == messages::profiles::lease_mode::device)
    made.lease_ms = profile.lease.timeout_ms;
  made.hard_wired_opening = item.hard_wired_opening;
  made.emergency_stop = item.emergency_stop;
  made.interlock = item.interlock;
  made.fire = item.fire;
  if (profile.ratings) {
    made.capacity_ah = profile.ratings->capacity_ah;
    made.charge_current_a = profile.ratings->charge_current_a;
    made.discharge_current_a = profile.ratings->discharge_current_a;
    made.break_current_a = profile.ratings->break_current_a;
    made.precharge_resistance_ohm = profile.ratings->precharge_resistance_ohm;
    made.precharge_energy_j = profile.ratings->precharge_energy_j;
  }
  made.limits = *item.protection;
  made.derating = messages::protection::derating_of(profile.derating, made.limits);
  return made;
}

} // namespace voltaic::nodes::site
