#include "nodes/site/judge_canopen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "messages/can/frame_bits.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/sdo_frame.hpp"
#include "nodes/site/toml_section.hpp"

namespace voltaic::nodes::site {
namespace {

constexpr double ms_per_s = 1'000;
constexpr std::uint32_t time_bytes = 6;

double bits_of(std::uint32_t period_ms, std::uint32_t bytes, std::uint32_t frames = 1) {
  if (period_ms == 0) return 0;
  return frames * ms_per_s / period_ms * messages::can::worst_case_bits(false, bytes);
}

position place_of(const draft& source, const device& item) {
  return std::ranges::find(source.devices, item.name,
                           [](const draft_device& each) { return each.item.name; })
      ->name_at;
}

using rule_of = messages::profiles::canopen_rule;
using period_of = std::uint32_t rule_of::*;
struct produced {
  const char* what;
  period_of period;
};

/// The first device on a bus whose profile wants it; nullptr: none does.
const device* first_producer(const plan& of, const std::string& bus, period_of period) {
  const auto found = std::ranges::find_if(of.devices, [&](const device& each) {
    return each.bus == bus && each.profile != nullptr && each.profile->canopen &&
           each.profile->canopen.value().*period != 0;
  });
  return found == of.devices.end() ? nullptr : &*found;
}

/// The first device on a bus that is a node; nullptr: there is none.
const device* first_node(const plan& of, const std::string& bus) {
  const auto found = std::ranges::find_if(of.devices, [&](const device& each) {
    return each.bus == bus && each.profile != nullptr && each.profile->canopen;
  });
  return found == of.devices.end() ? nullptr : &*found;
}

// Ours is a number like any other, and needs somebody to whom it says something.
void judge_own_node(const draft_bus& stated, const plan& result, reporter& report) {
  if (!stated.node_at) return;
  const auto& bus = stated.item;
  if (first_node(result, bus.name) == nullptr)
    report.add(*stated.node_at, fmt::format("canopen_node: no node of CANopen is on {}", bus.name));
  if (bus.read_only)
    report.add(*stated.node_at,
               fmt::format("canopen_node: {} is only read, nothing is sent on it", bus.name));
  for (const auto& item : result.devices) {
    if (item.bus != bus.name || item.profile == nullptr || !item.profile->canopen) continue;
    if (messages::profiles::node_of(*item.profile->canopen, item.id_offset) == bus.canopen_node)
      report.add(*stated.node_at,
                 fmt::format("canopen_node: {} is node {} already", item.name, bus.canopen_node));
  }
}

} // namespace

bool produces_sync(const plan& of, const device& item) {
  const auto* first = first_producer(of, item.bus, &rule_of::sync_ms);
  return first != nullptr && first->name == item.name;
}

bool produces_time(const plan& of, const device& item) {
  const auto* first = first_producer(of, item.bus, &rule_of::time_ms);
  return first != nullptr && first->name == item.name;
}

std::uint8_t own_node(const plan& of, const device& item) {
  const auto* bus = of.find_bus(item.bus);
  if (bus == nullptr || bus->read_only) return 0;
  const auto* first = first_node(of, item.bus);
  return first != nullptr && first->name == item.name ? bus->canopen_node : 0;
}

double canopen_bits_per_second(const messages::profiles::device_profile& profile) {
  if (!profile.canopen) return 0;
  const auto& rule = *profile.canopen;
  constexpr auto sdo_bytes = static_cast<std::uint32_t>(messages::canopen::sdo_bytes);
  double bits = bits_of(rule.heartbeat_ms, 1) + bits_of(rule.guard_ms, 1, 2) +
                bits_of(rule.sync_ms, 0) + bits_of(rule.time_ms, time_bytes);
  for (const auto& message : profile.messages) {
    if (!message.object) continue;
    // A question and its answer, and as many of each segment.
    const auto segments = message.length <= messages::canopen::expedited_bytes_max ? 1u : 3u;
    bits += bits_of(message.period_ms, sdo_bytes, 2 * segments);
  }
  return bits;
}

void judge_canopen(const draft& source, plan& result, reporter& report) {
  for (const auto& stated : source.buses) judge_own_node(stated, result, report);
  for (const auto& item : result.devices) {
    if (item.profile == nullptr || !item.profile->canopen) continue;
    const auto& rule = *item.profile->canopen;
    const auto at = place_of(source, item);
    if (!messages::profiles::node_of(rule, item.id_offset))
      report.add(
          at, fmt::format("id_offset: {} would be node {}, and the last is {}", item.name,
                          std::uint64_t{rule.node} + item.id_offset, messages::canopen::node_max));
    for (const auto& [what, period] :
         {produced{"SYNC", &rule_of::sync_ms}, produced{"TIME", &rule_of::time_ms}}) {
      const auto* first = first_producer(result, item.bus, period);
      if (rule.*period == 0 || rule.*period == first->profile->canopen.value().*period) continue;
      report.add(at, fmt::format("{} wants {} on {} every {} ms, and {} every {} ms", item.name,
                                 what, item.bus, rule.*period, first->name,
                                 first->profile->canopen.value().*period));
    }
    const auto* bus = result.find_bus(item.bus);
    if (bus != nullptr && bus->read_only)
      result.warnings.push_back(
          {report.file(), at.line, at.column,
           fmt::format("{} is on {}, which is only read: nobody commissions it or asks who it is; "
                       "it is believed while it says that it is operational",
                       item.name, item.bus)});
  }
}

} // namespace voltaic::nodes::site
