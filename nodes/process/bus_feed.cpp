#include "nodes/process/bus_feed.hpp"

#include <utility>

#include "messages/inverter/codec.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::process {
namespace {

using ranges = std::vector<bus::can::id_range>;

void add(ranges& to, std::uint32_t id, bool extended) {
  to.push_back({id, id, extended});
}

// A device's messages are heard, its commands sent.
void add_messages(ranges& to, const site::device& device) {
  for (const auto& message : device.profile->messages) {
    for (std::uint32_t i = 0; i < message.repeat.count; ++i)
      add(to, message.id + device.id_offset + i * message.repeat.id_step, message.extended);
  }
}

// Also what the link itself sends: from somebody else it is a second battery.
void add(ranges& to, const site::inverter& linked) {
  const auto& profile = *linked.profile;
  for (const auto* list : {&profile.received, &profile.frames})
    for (const auto& each : *list) add(to, each.id.id, each.id.extended);
  for (const auto& each : profile.frames) {
    const auto sent = messages::inverter::sent_id(each, site::wire_options_of(linked));
    add(to, sent.id, sent.extended);
  }
  for (const auto& each : profile.requests) add(to, each.id.id, each.id.extended);
  if (profile.keep_alive) add(to, profile.keep_alive->id.id, profile.keep_alive->id.extended);
}

} // namespace

bus_feed::bus_feed(const std::vector<const site::device*>& devices,
                   const std::vector<const site::inverter*>& inverters) {
  ranges wanted;
  for (const auto* device : devices) add_messages(wanted, *device);
  for (const auto* linked : inverters) add(wanted, *linked);
  filter_ = bus::can::id_filter(std::move(wanted));
}

bool bus_feed::take(bus::can::batch& said) {
  std::erase_if(said.frames, [this](const auto& one) { return !filter_.wants(one); });
  const bool is_new_tick =
      said.now_us / bus::can::tick_period_us != passed_us_ / bus::can::tick_period_us;
  if (said.frames.empty() && !is_new_tick) return false;
  passed_us_ = said.now_us;
  return true;
}

ranges known_identifiers(const site::plan& plan, const std::string& bus) {
  ranges known;
  for (const auto& device : plan.devices) {
    if (device.bus != bus || device.profile == nullptr) continue;
    add_messages(known, device);
    for (const auto& command : device.profile->commands)
      add(known, command.id + device.id_offset, command.extended);
    for (const auto& asked : device.profile->requests)
      add(known, asked.id + device.id_offset, asked.extended);
    for (const auto& message : device.profile->messages) {
      if (message.read)
        add(known, message.read->request_id + device.id_offset, message.read->request_extended);
    }
  }
  for (const auto& inverter : plan.inverters) {
    if (inverter.bus == bus && inverter.profile != nullptr) add(known, inverter);
  }
  return bus::can::id_filter(std::move(known)).ranges();
}

} // namespace voltaic::nodes::process
