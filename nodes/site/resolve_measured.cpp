#include "nodes/site/resolve_measured.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/inverter/codec.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/nearest_word.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::site {

namespace {

namespace wires = messages::inverter;
using messages::inverter::item_of;

/// One that comes less often is compared later than F-148 asks for.
constexpr std::uint32_t period_ms_max = 3'000;

constexpr auto unused =
    "inverter: its current says whether the racks' current sensors are right, and nobody compares "
    "it: dc_current = \"inverter\" does, where nothing but its racks is on its DC bus";

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& known) {
  const auto near = messages::nearest_word(name, known);
  return near.empty() ? std::string() : fmt::format(", did you mean {}?", near);
}

/// A point that somebody named, and of which unit it has to be.
struct named_point {
  std::string_view key;
  const std::string& name;
  position at;
  std::string_view unit;
};

void check_point(const named_point& named, plan& result, reporter& report) {
  const auto slash = named.name.find('/');
  const auto owner = named.name.substr(0, slash);
  const auto* device = result.find_device(owner);
  if (device != nullptr && slash == std::string::npos)
    return report.add(
        named.at, fmt::format("{}: {} is a device, one of its points is needed: {}/...", named.key,
                              owner, owner));
  if (device == nullptr) {
    std::vector<std::string_view> known;
    for (const auto& each : result.devices) known.push_back(each.name);
    return report.add(
        named.at, fmt::format("{}: {} is no point of a device: there is no device {}{}", named.key,
                              named.name, owner, did_you_mean(owner, known)));
  }
  if (!device->rack.empty())
    return report.add(named.at, fmt::format("{}: {} feeds {}, whose current is to be judged by "
                                            "somebody else",
                                            named.key, owner, device->rack));
  if (device->profile == nullptr) return;
  const auto point_name = named.name.substr(slash + 1);
  const auto found = device->profile->find_point(point_name);
  if (!found) {
    std::vector<std::string_view> known;
    for (const auto& each : device->profile->points) known.push_back(each.name);
    return report.add(named.at, fmt::format("{}: {} has no point {}{}", named.key, owner,
                                            point_name, did_you_mean(point_name, known)));
  }
  const auto& point = device->profile->points[*found];
  if (point.count != 1 || point.unit != named.unit)
    return report.add(
        named.at,
        fmt::format("{}: {} is {} in \"{}\", one number in {} is needed", named.key, named.name,
                    point.count == 1 ? "a value" : "a list", point.unit, named.unit));
  if (point.period_ms > period_ms_max)
    result.warnings.push_back(
        {report.file(), named.at.line, named.at.column,
         fmt::format("{}: {} comes every {} ms: a wrong current sensor is told later than within "
                     "10 s",
                     named.key, named.name, point.period_ms)});
}

// What the profile reads from the inverter's device in the unit of the item; empty: nothing.
std::string read_point(const plan& of, const inverter& item, wires::item which) {
  const auto* device = of.find_device(item.device);
  const auto& reads = item.profile->reads;
  const auto found = std::ranges::find(reads, which, &wires::device_point::item);
  if (found == reads.end() || device == nullptr || device->profile == nullptr) return {};
  const auto at = device->profile->find_point(found->point);
  if (!at) return {};
  const auto& point = device->profile->points[*at];
  const bool fits = point.count == 1 && point.unit == wires::items[which].unit;
  return fits ? item.device + "/" + found->point : std::string();
}

wires::measured_current by_profile(const plan& of, const inverter& item) {
  wires::measured_current made;
  made.in_frames = wires::tells(item.profile->received, item_of("inverter_current"));
  if (made.in_frames) return made;
  made.current = read_point(of, item, item_of("inverter_current"));
  if (!made.current.empty()) return made;
  made.power = read_point(of, item, item_of("inverter_power"));
  made.voltage = read_point(of, item, item_of("inverter_voltage"));
  return made.power.empty() || made.voltage.empty() ? wires::measured_current() : made;
}

// Somebody else's rack on a DC bus of its racks.
std::optional<std::string> stranger_on(const plan& of, const inverter& item) {
  const auto is_behind = [&](const std::string& name) {
    return std::ranges::find(item.racks, name) != item.racks.end();
  };
  for (const auto& name : item.racks) {
    const auto* own = of.find_rack(name);
    if (own == nullptr || own->dc_bus.empty()) continue;
    for (const auto& other : of.racks)
      if (other.dc_bus == own->dc_bus && !is_behind(other.name)) return other.name;
  }
  return std::nullopt;
}

} // namespace

void resolve_measured(const draft_inverter& at, plan& result, inverter& item, reporter& report) {
  if (at.is_measured_wrong || item.profile == nullptr) return;
  const auto stranger = stranger_on(result, item);
  const bool is_stated = at.is_measured_by_profile || item.measured.is_known();
  const auto key = item.measured.power.empty() ? "dc_current" : "dc_power";
  if (is_stated && stranger)
    report.add(at.measured_at, fmt::format("{}: {} is on the same DC bus and not behind {}, whose "
                                           "current is not that of its racks alone",
                                           key, *stranger, item.name));
  const auto offered = by_profile(result, item);
  if (!is_stated && offered.is_known() && !stranger)
    result.warnings.push_back({report.file(), at.table_at.line, at.table_at.column, unused});
  if (at.is_measured_by_profile) {
    if (!offered.is_known())
      report.add(at.measured_at,
                 fmt::format("dc_current: the profile of {} reads no inverter_current, nor "
                             "inverter_power and inverter_voltage: name a point",
                             item.name));
    item.measured = offered;
  }
  const auto& stated = item.measured;
  if (!stated.current.empty())
    return check_point({"dc_current", stated.current, at.measured_at, "A"}, result, report);
  if (stated.power.empty()) return;
  check_point({key, stated.power, at.measured_at, "W"}, result, report);
  check_point({"dc_voltage", stated.voltage, at.measured_voltage_at, "V"}, result, report);
}

} // namespace voltaic::nodes::site
