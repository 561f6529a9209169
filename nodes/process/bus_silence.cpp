#include "nodes/process/bus_silence.hpp"

#include <algorithm>
#include <optional>

#include "messages/inverter/inverter_profile.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/time.hpp"

namespace voltaic::nodes::process {

std::int64_t silence_us_of(const site::plan& plan, const std::string& bus) {
  std::optional<std::int64_t> shortest_us;
  const auto expect = [&](std::int64_t period_us) {
    if (period_us > 0) shortest_us = std::min(shortest_us.value_or(period_us), period_us);
  };
  for (const auto& device : plan.devices) {
    if (device.bus != bus || device.profile == nullptr) continue;
    for (const auto& message : device.profile->messages)
      expect(message.period_ms * messages::us_per_ms);
    if (const auto& canopen = device.profile->canopen)
      expect(canopen->heartbeat_ms * messages::us_per_ms);
  }
  for (const auto& inverter : plan.inverters) {
    if (inverter.bus != bus || inverter.profile == nullptr) continue;
    for (const auto& frame : inverter.profile->received)
      expect(frame.period_ms * messages::us_per_ms);
    if (inverter.profile->keep_alive) expect(keep_alive_us);
  }
  return shortest_us ? std::max(silence_us_min, silent_periods * *shortest_us) : 0;
}

} // namespace voltaic::nodes::process
