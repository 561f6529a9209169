#include "nodes/process/bus_feed.hpp"

#include <algorithm>

#include "messages/inverter/codec.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::process {
namespace {

constexpr std::size_t standard_ids = 0x800;

} // namespace

bus_feed::bus_feed(const std::vector<const site::device*>& devices,
                   const std::vector<const site::inverter*>& inverters)
    : standard_(standard_ids) {
  for (const auto* device : devices) {
    for (const auto& message : device->profile->messages) {
      for (std::uint32_t i = 0; i < message.repeat.count; ++i)
        add(message.id + device->id_offset + i * message.repeat.id_step, message.extended);
    }
  }
  for (const auto* linked : inverters) add(*linked);
  std::ranges::sort(extended_);
}

void bus_feed::add(std::uint32_t id, bool extended) {
  if (extended)
    extended_.push_back(id);
  else if (id < standard_ids)
    standard_[id] = true;
}

// Also what the link itself sends: from somebody else it is a second battery.
void bus_feed::add(const site::inverter& linked) {
  const auto& profile = *linked.profile;
  for (const auto* list : {&profile.received, &profile.frames})
    for (const auto& each : *list) add(each.id.id, each.id.extended);
  for (const auto& each : profile.frames) {
    const auto sent = messages::inverter::sent_id(each, site::wire_options_of(linked));
    add(sent.id, sent.extended);
  }
  for (const auto& each : profile.requests) add(each.id.id, each.id.extended);
  if (profile.keep_alive) add(profile.keep_alive->id.id, profile.keep_alive->id.extended);
}

bool bus_feed::wants(const messages::can::frame& one) const {
  if (one.extended) return std::ranges::binary_search(extended_, one.id);
  return one.id < standard_ids && standard_[one.id];
}

bool bus_feed::take(bus::can::batch& said) {
  std::erase_if(said.frames, [this](const auto& one) { return !wants(one); });
  const bool is_new_tick =
      said.now_us / bus::can::tick_period_us != passed_us_ / bus::can::tick_period_us;
  if (said.frames.empty() && !is_new_tick) return false;
  passed_us_ = said.now_us;
  return true;
}

} // namespace voltaic::nodes::process
