#include "nodes/site/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/inverter/inverter_profile.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::site {

namespace {

template <class T>
const T* find_by_name(const std::vector<T>& items, std::string_view name) {
  auto found =
      std::find_if(items.begin(), items.end(), [&](const T& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

} // namespace

std::string_view to_string(bus_kind kind) {
  switch (kind) {
    case bus_kind::virtual_bus:
      return "virtual";
    case bus_kind::socketcan:
      return "socketcan";
    case bus_kind::replay:
      return "replay";
    case bus_kind::bridge:
      return "bridge";
  }
  return "unknown";
}

std::string_view to_string(actor_kind kind) {
  switch (kind) {
    case actor_kind::can_device:
      return "can_device";
    case actor_kind::modbus_device:
      return "modbus_device";
    case actor_kind::rack:
      return "rack";
    case actor_kind::protection:
      return "protection";
    case actor_kind::evaluator:
      return "evaluator";
    case actor_kind::contactor:
      return "contactor";
    case actor_kind::command:
      return "command";
    case actor_kind::system:
      return "system";
    case actor_kind::inverter_link:
      return "inverter_link";
    case actor_kind::digital_io:
      return "digital_io";
  }
  return "unknown";
}

std::string second_evaluator_of(const rack& item) {
  return item.second_evaluator ? item.name + "/evaluator" : std::string();
}

const inverter* current_witness_of(const plan& of, const rack& item) {
  const auto found = std::ranges::find_if(of.inverters, [&](const inverter& each) {
    return each.measured.is_known() && std::ranges::find(each.racks, item.name) != each.racks.end();
  });
  return found == of.inverters.end() ? nullptr : &*found;
}

messages::inverter::wire_options wire_options_of(const inverter& item) {
  using messages::inverter::byte_order;
  auto options = item.profile->options;
  if (!item.byte_order.empty())
    options.order = item.byte_order == "big" ? byte_order::big : byte_order::little;
  if (item.current_raw_offset) options.current_raw_offset = *item.current_raw_offset;
  if (item.address) options.address = *item.address;
  return options;
}

bool is_group(const plan& of, const inverter& item) {
  return std::ranges::any_of(of.racks, [&](const rack& each) {
    return std::ranges::find(item.racks, each.name) == item.racks.end();
  });
}

bool has_links(const plan& of) {
  return !of.buses.empty() || !of.lines.empty();
}

std::string battery_actor(const plan& of, const inverter& item) {
  return is_group(of, item) ? fmt::format("{}/{}", item.name, group_actor)
                            : std::string(system_actor);
}

double capacity_ah(const plan& of, const rack& item) {
  const auto* feeding = of.find_device(item.device);
  if (feeding == nullptr || feeding->profile == nullptr || !feeding->profile->ratings) return 0;
  return feeding->profile->ratings->capacity_ah;
}

std::string_view to_string(node_kind kind) {
  switch (kind) {
    case node_kind::relay:
      return "relay";
    case node_kind::site:
      return "site";
    case node_kind::chain:
      return "chain";
    case node_kind::other:
      return "other";
  }
  return "unknown";
}

std::vector<modbus_line> plan::simulated_lines() const {
  std::vector<modbus_line> result;
  for (const auto& line : lines)
    if (std::any_of(devices.begin(), devices.end(), [&](const device& item) {
          return item.line == line.name && !item.simulate.empty();
        }))
      result.push_back(line);
  return result;
}

std::vector<const device*> plan::simulated_packs() const {
  std::vector<const device*> result;
  for (const auto& item : devices)
    if (!item.bus.empty() && !item.simulate.empty()) result.push_back(&item);
  return result;
}

bool plan::has_simulated_equipment() const {
  return !simulated_lines().empty() || !simulated_packs().empty() ||
         std::any_of(inverters.begin(), inverters.end(),
                     [](const inverter& item) { return item.simulate; });
}

const can_bus* plan::find_bus(std::string_view bus_name) const {
  return find_by_name(buses, bus_name);
}

const modbus_line* plan::find_line(std::string_view line_name) const {
  return find_by_name(lines, line_name);
}

messages::profiles::id_translation translation_of(const device& item) {
  if (item.profile == nullptr || item.id_map.empty()) return {};
  return {*item.profile, item.id_map};
}

const device* plan::find_device(std::string_view device_name) const {
  return find_by_name(devices, device_name);
}

const digital* plan::find_digital(std::string_view digital_name) const {
  return find_by_name(digitals, digital_name);
}

const rack* plan::find_rack(std::string_view rack_name) const {
  return find_by_name(racks, rack_name);
}

bool plan::takes_orders(const rack& of) const {
  const auto* feeding = find_device(of.device);
  if (feeding == nullptr || feeding->profile == nullptr) return true;
  const auto* bus = find_bus(feeding->bus);
  return feeding->profile->order_command() != nullptr && (bus == nullptr || !bus->read_only);
}

const inverter* plan::find_inverter(std::string_view inverter_name) const {
  return find_by_name(inverters, inverter_name);
}

const node* plan::find_node(std::string_view node_name) const {
  return find_by_name(nodes, node_name);
}

std::vector<std::string> plan::relay_bindings() const {
  std::vector<std::string> all{relay_address()};
  if (!relay_listen.empty()) all.push_back(relay_listen);
  return all;
}

std::string plan::progress_path(std::string_view node_name) const {
  return folders.runtime + "/progress/" + std::string(node_name);
}

std::string plan::journal_path(std::string_view node_name) const {
  return folders.state + "/" + std::string(node_name) + ".journal";
}

} // namespace voltaic::nodes::site
