#include "nodes/site/resolve_inverter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "messages/inverter/compatibility.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/nearest_word.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::site {

namespace {

namespace wires = messages::inverter;
using messages::profiles::device_profile;

// A finding that names what was probably meant.
void unknown(reporter& report, position at, std::string_view key, const std::string& name,
             std::string_view what, const std::vector<std::string>& known) {
  auto words = fmt::format("{}: there is no {} {}", key, what, name);
  const std::vector<std::string_view> words_known(known.begin(), known.end());
  if (const auto near = messages::nearest_word(name, words_known); !near.empty())
    words += fmt::format(", did you mean {}?", near);
  report.add(at, std::move(words));
}

template <class Items>
std::vector<std::string> names_of(const Items& items) {
  std::vector<std::string> names;
  for (const auto& each : items) names.push_back(each.name);
  return names;
}

bool has_point(const device_profile& profile, const std::string& name) {
  return profile.find_point(name).has_value();
}

using messages::profiles::command_purpose;

bool takes(const device_profile& profile, const std::string& name, command_purpose purpose) {
  return std::ranges::any_of(profile.commands, [&](const messages::profiles::command& each) {
    return each.purpose == purpose && each.point == name;
  });
}

// What the profile writes and reads has to be there.
void check_points(const draft_inverter& at, const device& feeding, const inverter& item,
                  reporter& report) {
  const auto& profile = *feeding.profile;
  const auto need = [&](bool is_there, const std::string& point, const char* what) {
    if (!is_there)
      report.add(at.link_at, fmt::format("device: the profile {} {} {}, which {} does not have",
                                         item.profile->name, what, point, feeding.name));
  };
  for (const auto& each : item.profile->writes)
    need(takes(profile, each.point, command_purpose::set), each.point, "sets");
  for (const auto& each : item.profile->reads)
    need(has_point(profile, each.point), each.point, "reads");
  const auto& beat = item.profile->heartbeat;
  if (!beat.write.empty())
    need(takes(profile, beat.write, command_purpose::heartbeat), beat.write, "counts up");
  if (!beat.read.empty()) need(has_point(profile, beat.read), beat.read, "reads");
}

void check_device(const draft_inverter& at, const plan& result, const inverter& item,
                  reporter& report) {
  const auto* feeding = result.find_device(item.device);
  if (feeding == nullptr)
    return unknown(report, at.link_at, "device", item.device, "device", names_of(result.devices));
  if (item.profile == nullptr || feeding->profile == nullptr) return;
  if (item.profile->wire != wires::wire::modbus || feeding->line.empty())
    return report.add(at.link_at,
                      fmt::format("device: {} is told by a Modbus device and a "
                                  "profile of Modbus; the profile {} is of {}",
                                  item.name, item.profile->name,
                                  item.profile->wire == wires::wire::can ? "CAN" : "Modbus"));
  check_points(at, *feeding, item, report);
}

void check_bus(const draft_inverter& at, const draft& source, const plan& result,
               const inverter& item, reporter& report) {
  const auto* bus = result.find_bus(item.bus);
  if (bus == nullptr) {
    if (!source.bus_names.contains(item.bus))
      unknown(report, at.link_at, "bus", item.bus, "bus", names_of(result.buses));
    return;
  }
  if (bus->kind == bus_kind::replay)
    report.add(at.link_at,
               fmt::format("bus: {} is a recording, which no inverter listens to", item.bus));
  if (item.profile == nullptr) return;
  if (item.profile->wire != wires::wire::can)
    report.add(at.link_at, fmt::format("bus: the profile {} speaks Modbus", item.profile->name));
  else if (item.profile->bitrate != 0 && item.profile->bitrate != bus->bitrate)
    report.add(at.link_at,
               fmt::format("bus: the profile {} speaks {} bit/s, {} has {}", item.profile->name,
                           item.profile->bitrate, bus->name, bus->bitrate));
}

// Two inverters that are told the same limit would together take twice of it.
void check_racks(const draft_inverter& at, plan& result, inverter& item, reporter& report) {
  if (item.racks.empty()) item.racks = names_of(result.racks);
  if (item.racks.empty()) report.add(at.table_at, "inverter: the site has no rack");
  std::set<std::string> listed;
  for (const auto& name : item.racks) {
    if (!listed.insert(name).second)
      report.add(at.racks_at, fmt::format("racks: {} is there twice", name));
    if (result.find_rack(name) == nullptr)
      unknown(report, at.racks_at, "racks", name, "rack", names_of(result.racks));
    for (const auto& other : result.inverters)
      if (std::ranges::find(other.racks, name) != other.racks.end())
        report.add(at.racks_at, fmt::format("racks: {} is behind {} already; both would take all "
                                            "of its current",
                                            name, other.name));
  }
}

void warn(plan& result, const reporter& report, position at, std::string text) {
  result.warnings.push_back({report.file(), at.line, at.column, std::move(text)});
}

} // namespace

void check_inverter(const draft_inverter& at, const draft& source, plan& result, inverter& item,
                    reporter& report) {
  if (item.bus.empty())
    check_device(at, result, item, report);
  else
    check_bus(at, source, result, item, report);
  check_racks(at, result, item, report);
  if (item.simulate && item.bus.empty())
    report.add(at.table_at, "simulate: the device of a Modbus inverter is simulated, not its link");
}

void match_inverter(const draft_inverter& at, const wires::compatibility_table& table, plan& result,
                    const inverter& item, reporter& report) {
  if (item.profile == nullptr) return;
  const wires::product told{item.profile->name, item.profile->version};
  bool is_told = false; // once for all of its racks
  for (const auto& name : item.racks) {
    const auto found = std::ranges::find(result.racks, name, &rack::name);
    if (found == result.racks.end()) continue;
    const auto* feeding = result.find_device(found->device);
    if (feeding == nullptr || feeding->profile == nullptr) continue;
    const auto known =
        wires::find_match(table, {feeding->profile->name, feeding->profile->version}, told);
    if (known == wires::match::incompatible) {
      found->close_allowed = false;
      warn(result, report, at.compatibility_at,
           fmt::format("{} will never be closed: {} version {} does not work with {} version {}",
                       name, feeding->profile->name, feeding->profile->version, told.name,
                       told.version));
    } else if (known == wires::match::unknown && !std::exchange(is_told, true)) {
      warn(result, report, at.compatibility_at,
           fmt::format("{}: nobody knows whether {} version {} works with {} version {}", item.name,
                       feeding->profile->name, feeding->profile->version, told.name, told.version));
    }
  }
}

} // namespace voltaic::nodes::site
