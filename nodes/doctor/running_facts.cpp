#include "nodes/doctor/running_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "nodes/view/bus_sum.hpp"

namespace voltaic::nodes::doctor {
namespace {

using messages::points::point_state;

link_kind kind_of(site::bus_kind kind) {
  switch (kind) {
    case site::bus_kind::virtual_bus:
      return link_kind::can_virtual;
    case site::bus_kind::socketcan:
      return link_kind::can_interface;
    case site::bus_kind::replay:
      return link_kind::can_recording;
    case site::bus_kind::bridge:
      return link_kind::can_bridge;
  }
  return link_kind::can_virtual;
}

bool is_on(const site::device& device, const link_facts& link) {
  switch (link.kind) {
    case link_kind::modbus_serial:
    case link_kind::plain_serial:
    case link_kind::modbus_tcp:
      return device.line == link.name;
    case link_kind::inverter:
      return false;
    default:
      return device.bus == link.name;
  }
}

std::optional<point_state> good(const messages::points::point_table& points,
                                const std::string& name) {
  auto found = points.find(name);
  if (!found || found->quality != messages::quality::good) return std::nullopt;
  return *std::move(found);
}

std::optional<double> number(const messages::points::point_table& points, const std::string& name) {
  const auto found = good(points, name);
  if (!found || found->numbers.empty()) return std::nullopt;
  return found->numbers.front();
}

std::string text(const messages::points::point_table& points, const std::string& name) {
  const auto found = good(points, name);
  return found ? found->text : std::string();
}

/// Values that are invalid were said as well: by a device that speaks.
bool is_said_now(const point_state& point) {
  return point.received && point.quality != messages::quality::stale &&
         point.quality != messages::quality::never;
}

device_facts look_at(const site::device& device, const site_words& said, std::int64_t now_utc_us) {
  device_facts result;
  result.name = device.name;
  result.node = device.node;
  if (!device.line.empty()) result.unit = device.unit;
  const auto* catalogue = said.points.catalogue_of(device.name);
  if (!said.health.contains(device.node) || catalogue == nullptr) return result;
  result.presence = presence::never;
  std::int64_t newest_us = 0;
  for (const auto& each : catalogue->points) {
    const auto point = said.points.find(each.name);
    if (!point || !point->received || point->quality == messages::quality::never) continue;
    newest_us = std::max(newest_us, point->source_time.utc_us);
    if (is_said_now(*point)) result.presence = presence::speaks;
  }
  if (result.presence == presence::speaks || newest_us == 0) return result;
  result.presence = presence::silent;
  result.silent_s = static_cast<double>(std::max<std::int64_t>(0, now_utc_us - newest_us)) /
                    static_cast<double>(messages::us_per_s);
  return result;
}

void add_health(link_facts& to, const site_words& said) {
  for (const auto& [node, health] : said.health) {
    for (const auto& bus : health.buses) {
      if (bus.name != to.name || to.kind == link_kind::inverter) continue;
      if (to.bus)
        view::add(*to.bus, bus);
      else
        to.bus = bus;
    }
    for (const auto& line : health.lines)
      if (line.name == to.name && to.kind != link_kind::inverter) to.line = line;
  }
}

void add_racks(link_facts& to, const site::plan& plan, const site_words& said) {
  for (const auto& rack : plan.racks) {
    const auto* device = plan.find_device(rack.device);
    if (device == nullptr || !is_on(*device, to)) continue;
    rack_facts facts{rack.name, number(said.points, rack.name + "/soc"),
                     number(said.points, rack.name + "/cell_voltage_min")};
    to.racks.push_back(std::move(facts));
  }
}

} // namespace

std::vector<link_facts> links_of(const site::plan& plan) {
  std::vector<link_facts> result;
  for (const auto& bus : plan.buses) {
    link_facts link;
    link.name = bus.name;
    link.kind = kind_of(bus.kind);
    link.address = bus.kind == site::bus_kind::bridge ? bus.peer : bus.uri;
    link.bitrate = bus.bitrate;
    result.push_back(std::move(link));
  }
  for (const auto& line : plan.lines) {
    link_facts link;
    link.name = line.name;
    const bool is_serial = bus::modbus::is_serial(line.transport);
    link.kind = is_serial ? link_kind::modbus_serial : link_kind::modbus_tcp;
    if (line.transport == bus::modbus::transport::framed) link.kind = link_kind::plain_serial;
    link.address = is_serial ? line.serial.device : fmt::format("{}:{}", line.host, line.port);
    link.bitrate = is_serial ? line.serial.baud : 0;
    result.push_back(std::move(link));
  }
  for (const auto& inverter : plan.inverters) {
    link_facts link;
    link.name = inverter.name;
    link.kind = link_kind::inverter;
    link.address = inverter.bus.empty() ? inverter.device : inverter.bus;
    link.profile = std::filesystem::path(inverter.profile_path).stem().string();
    result.push_back(std::move(link));
  }
  return result;
}

void add_words(link_facts& to, const site::plan& plan, const site_words& said,
               std::int64_t now_utc_us) {
  to.site_runs = true;
  add_health(to, said);
  for (const auto& device : plan.devices)
    if (is_on(device, to)) to.devices.push_back(look_at(device, said, now_utc_us));
  add_racks(to, plan, said);
  if (to.kind != link_kind::inverter) return;
  to.inverter = inverter_facts{text(said.points, to.name + "/bms_communication"),
                               text(said.points, to.name + "/compatibility"),
                               text(said.points, to.name + "/charge_bounds")};
}

} // namespace voltaic::nodes::doctor
