#include "nodes/process/bus_feed.hpp"

#include <algorithm>

#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::process {
namespace {

constexpr std::size_t standard_ids = 0x800;

} // namespace

bus_feed::bus_feed(const std::vector<const site::device*>& devices) : standard_(standard_ids) {
  for (const auto* device : devices) {
    for (const auto& message : device->profile->messages) {
      for (std::uint32_t i = 0; i < message.repeat.count; ++i) {
        const auto id = message.id + device->id_offset + i * message.repeat.id_step;
        if (message.extended)
          extended_.push_back(id);
        else if (id < standard_ids)
          standard_[id] = true;
      }
    }
  }
  std::ranges::sort(extended_);
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
