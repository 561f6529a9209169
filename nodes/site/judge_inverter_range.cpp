#include "nodes/site/judge_inverter_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "messages/inverter/field_range.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::nodes::site {

namespace {

namespace wires = messages::inverter;
using wires::field_range;
using wires::item_of;

/// What every frame says of these, as one range; nothing: the profile says none of them.
std::optional<field_range> common_range(const inverter& item) {
  std::optional<field_range> all;
  for (const auto which :
       {item_of("voltage"), item_of("charge_voltage_limit"), item_of("discharge_voltage_limit")}) {
    const auto one = wires::range_of(*item.profile, item.profile->options, which);
    if (!one) continue;
    all = all ? field_range{std::max(all->least, one->least), std::min(all->most, one->most)} : one;
  }
  return all;
}

/// From its last stop of discharging to its last stop of charging, by the cells in series.
std::optional<field_range> voltages_of(const plan& of, const rack& item) {
  const auto* device = of.find_device(item.device);
  if (device == nullptr || device->profile == nullptr || item.protection == nullptr)
    return std::nullopt;
  const auto cells = device->profile->find_point("cell_voltage");
  if (!cells) return std::nullopt;
  const double in_series = device->profile->points[*cells].count;
  std::optional<double> least;
  std::optional<double> most;
  for (const auto& candidate : item.protection->candidates) {
    for (const auto& limit : candidate.limits) {
      if (candidate.name == "cell_undervoltage")
        least = std::min(least.value_or(limit.set), limit.set);
      if (candidate.name == "cell_overvoltage")
        most = std::max(most.value_or(limit.set), limit.set);
    }
  }
  if (!least || !most) return std::nullopt;
  return field_range{*least * in_series, *most * in_series};
}

void judge_stated(const draft_inverter& at, const inverter& item, reporter& report) {
  struct stated {
    const char* key;
    wires::item which;
    std::optional<double> value_v;
    position place;
  };
  const std::array all = {stated{"charge_voltage", item_of("charge_voltage_limit"),
                                 item.charge_voltage_v, at.charge_voltage_at},
                          stated{"discharge_voltage", item_of("discharge_voltage_limit"),
                                 item.discharge_voltage_v, at.discharge_voltage_at}};
  for (const auto& each : all) {
    const auto range = wires::range_of(*item.profile, item.profile->options, each.which);
    if (!range || !each.value_v) continue;
    if (*each.value_v >= range->least && *each.value_v <= range->most) continue;
    report.add(each.place,
               fmt::format("{}: {:g} V cannot be said to {}: the profile {} has room from {:g} V "
                           "to {:g} V",
                           each.key, *each.value_v, item.name, item.profile->name, range->least,
                           range->most));
  }
}

// Once for all of its racks: they stand on one bus, and one is enough to keep the pair apart.
void judge_racks(const draft_inverter& at, plan& result, const inverter& item, reporter& report) {
  const auto range = common_range(item);
  if (!range) return;
  for (const auto& name : item.racks) {
    const auto* found = result.find_rack(name);
    const auto volts = found == nullptr ? std::nullopt : voltages_of(result, *found);
    if (!volts || (volts->least >= range->least && volts->most <= range->most)) continue;
    const auto room = fmt::format(
        "{} has {:.0f} V to {:.0f} V, and the profile {} says {:g} V to "
        "{:g} V",
        name, volts->least, volts->most, item.profile->name, range->least, range->most);
    if (volts->least > range->most || volts->most < range->least)
      return report.add(at.profile_at,
                        fmt::format("profile: {}; {} could never be told its battery's voltage",
                                    room, item.name));
    result.warnings.push_back(
        {report.file(), at.profile_at.line, at.profile_at.column,
         fmt::format("profile: {}; beyond that {} is told that nothing may flow", room,
                     item.name)});
    return;
  }
}

// A zero too few, or both exchanged: the inverter would be told zero for ever.
void judge_window(const draft_inverter& at, const plan& result, const inverter& item,
                  reporter& report) {
  const auto charge_v = item.charge_voltage_v;
  const auto discharge_v = item.discharge_voltage_v;
  if (charge_v && discharge_v && *discharge_v >= *charge_v)
    return report.add(
        at.discharge_voltage_at,
        fmt::format("discharge_voltage: {:g} V is not below the charge_voltage of {:g} V",
                    *discharge_v, *charge_v));
  for (const auto& name : item.racks) {
    const auto* found = result.find_rack(name);
    const auto volts = found == nullptr ? std::nullopt : voltages_of(result, *found);
    if (!volts) continue;
    if (charge_v && *charge_v <= volts->least)
      return report.add(at.charge_voltage_at,
                        fmt::format("charge_voltage: {} runs from {:.0f} V to {:.0f} V, and could "
                                    "never be charged at {:g} V",
                                    name, volts->least, volts->most, *charge_v));
    if (discharge_v && *discharge_v >= volts->most)
      return report.add(at.discharge_voltage_at,
                        fmt::format("discharge_voltage: {} runs from {:.0f} V to {:.0f} V, and "
                                    "could never be discharged at {:g} V",
                                    name, volts->least, volts->most, *discharge_v));
  }
}

} // namespace

void judge_inverter_range(const draft& source, plan& result, reporter& report) {
  for (const auto& item : result.inverters) {
    const auto at = std::ranges::find(source.inverters, item.name,
                                      [](const draft_inverter& each) { return each.item.name; });
    if (at == source.inverters.end()) continue;
    judge_window(*at, result, item, report);
    if (item.profile == nullptr || item.profile->wire != wires::wire::can) continue;
    judge_stated(*at, item, report);
    judge_racks(*at, result, item, report);
  }
}

} // namespace voltaic::nodes::site
