#include <fmt/format.h>

#include <algorithm>

#include "messages/protection/own_candidate.hpp"
#include "nodes/site/resolve.hpp"

namespace voltaic::nodes::site {

namespace {

// One node may hold this share of the site's racks: its loss is theirs.
constexpr std::size_t common_loss_percent_max = 25;

node& node_of(plan& result, const std::string& name, node_kind kind) {
  for (auto& existing : result.nodes)
    if (existing.name == name) return existing;
  node fresh;
  fresh.name = name;
  fresh.kind = kind;
  result.nodes.push_back(std::move(fresh));
  return result.nodes.back();
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
    names.push_back(name);
}

void add_device(node& target, const device& item) {
  const auto kind = item.bus.empty() ? actor_kind::modbus_device : actor_kind::can_device;
  target.actors.push_back({item.name, kind, item.name});
  add_once(target.buses, item.bus);
  add_once(target.lines, item.line);
}

// From device to contactor: each listens to the one before.
void add_chain(node& target, const device& feeding, const rack& item) {
  target.safety = true;
  add_device(target, feeding);
  target.actors.push_back({item.name, actor_kind::rack, item.name});
  target.actors.push_back({item.name + "/protection", actor_kind::protection, item.name});
  if (item.second_evaluator)
    target.actors.push_back({second_evaluator_of(item), actor_kind::evaluator, item.name});
  target.actors.push_back({item.name + "/contactor", actor_kind::contactor, item.name});
}

template <class Draft>
const Draft* find_draft(const std::vector<Draft>& items, const std::string& name) {
  for (const auto& item : items)
    if (item.item.name == name) return &item;
  return nullptr;
}

// Whom a point's name begins with, and in which node that one lives; empty: nobody.
std::string node_saying(const plan& result, const std::string& point) {
  const auto owner = point.substr(0, point.find('/'));
  if (const auto* digital = result.find_digital(owner)) return digital->node;
  if (const auto* device = result.find_device(owner)) return device->node;
  if (const auto* rack = result.find_rack(owner)) return rack->node;
  return owner == system_actor ? std::string(site_node) : std::string();
}

void hear(plan& result, node& target, const std::string& point) {
  const auto from = node_saying(result, point);
  if (from.empty() || from == target.name) return;
  target.hears_others = true;
  const auto* speaking = result.find_node(from);
  target.hears_chains =
      target.hears_chains || (speaking != nullptr && speaking->kind == node_kind::chain);
}

// Equipment whose points the rack's candidates judge.
void hear_equipment(plan& result, const rack& item) {
  if (item.protection == nullptr) return;
  for (const auto& watched : item.protection->candidates) {
    const auto own = messages::protection::parse_own(watched.name);
    if (own && !messages::protection::split_point(own->point).device.empty())
      hear(result, node_of(result, item.node, node_kind::chain), std::string(own->point));
  }
}

// First in its node: what others rely on is there before them.
void place_digital(plan& result, const digital& item) {
  auto& target =
      node_of(result, item.node, item.node == site_node ? node_kind::site : node_kind::other);
  target.actors.insert(target.actors.begin(), {item.name, actor_kind::digital_io, item.name});
  for (const auto& input : item.inputs) hear(result, target, input.point);
  for (const auto& output : item.outputs) {
    hear(result, target, output.point);
    hear(result, target, output.follow);
  }
}

void refuse_taken(const std::string& node_name, position at, reporter& report) {
  if (node_name == relay_node)
    report.add(at, "node: the relay's node holds no other actors, so that nothing fails with it");
  if (node_name == supervisor_speaker)
    report.add(at, "node: supervisor is the name of what watches the nodes");
}

void place_device(const draft& source, plan& result, device& item, reporter& report) {
  const auto& at = *find_draft(source.devices, item.name);
  const auto* fed = item.rack.empty() ? nullptr : result.find_rack(item.rack);
  if (fed == nullptr) {
    if (item.node.empty()) item.node = site_node;
    refuse_taken(item.node, at.node_at, report);
    return;
  }
  if (!item.node.empty() && item.node != fed->node)
    report.add(at.node_at, fmt::format("node: {} feeds {}, which lives in {}; a rack's chain is "
                                       "never split",
                                       item.name, fed->name, fed->node));
  item.node = fed->node;
}

void check_common_loss(const draft& source, const plan& result, reporter& report) {
  for (const auto& node : result.nodes) {
    const auto here = static_cast<std::size_t>(
        std::count_if(node.actors.begin(), node.actors.end(),
                      [](const actor& item) { return item.kind == actor_kind::rack; }));
    if (here < 2 || here * 100 <= result.racks.size() * common_loss_percent_max ||
        result.accept_common_loss)
      continue;
    const auto first = std::find_if(source.racks.begin(), source.racks.end(),
                                    [&](const draft_rack& r) { return r.item.node == node.name; });
    report.add(first->node_at,
               fmt::format("node: {} holds {} of {} racks, more than {} %; [site] needs "
                           "accept_common_loss = true",
                           node.name, here, result.racks.size(), common_loss_percent_max));
  }
}

// A link fails alone: it has a node of its own, or shares one with devices.
void place_inverter(const draft& source, plan& result, inverter& item, reporter& report) {
  const auto& at = *find_draft(source.inverters, item.name);
  if (item.node.empty()) item.node = item.name;
  refuse_taken(item.node, at.node_at, report);
  for (const auto& each : result.racks)
    if (each.node == item.node)
      report.add(at.node_at, fmt::format("node: {} holds the chain of {}, which shares it with "
                                         "nobody",
                                         item.node, each.name));
  auto& target =
      node_of(result, item.node, item.node == site_node ? node_kind::site : node_kind::other);
  if (is_group(result, item))
    target.actors.push_back({battery_actor(result, item), actor_kind::system, item.name});
  target.actors.push_back({item.name + "/link", actor_kind::inverter_link, item.name});
  add_once(target.buses, item.bus);
}

} // namespace

void place(const draft& source, plan& result, reporter& report) {
  node_of(result, std::string(relay_node), node_kind::relay);
  for (auto& item : result.devices) place_device(source, result, item, report);
  for (const auto& item : result.racks) {
    refuse_taken(item.node, find_draft(source.racks, item.name)->node_at, report);
    if (const auto* feeding = result.find_device(item.device); feeding != nullptr)
      add_chain(node_of(result, item.node, node_kind::chain), *feeding, item);
  }
  for (const auto& item : result.devices)
    if (item.rack.empty())
      add_device(
          node_of(result, item.node, item.node == site_node ? node_kind::site : node_kind::other),
          item);
  for (auto& item : result.inverters) place_inverter(source, result, item, report);
  for (const auto& item : result.digitals) {
    const auto place =
        std::find_if(source.digitals.begin(), source.digitals.end(),
                     [&](const draft_digital& d) { return d.item.name == item.name; });
    refuse_taken(item.node, place->node_at, report);
    place_digital(result, item);
  }
  for (const auto& item : result.racks)
    for (const auto* point : {&item.emergency_stop, &item.interlock, &item.fire, &item.reset_key})
      hear(result, node_of(result, item.node, node_kind::chain), *point);
  for (const auto& item : result.racks) {
    hear_equipment(result, item);
    // What the inverter's link says of its current.
    if (current_witness_of(result, item) != nullptr)
      node_of(result, item.node, node_kind::chain).hears_others = true;
  }
  // The dispatcher of commands comes last and goes first: it serves the others.
  auto& site = node_of(result, std::string(site_node), node_kind::site);
  site.kind = node_kind::site;
  if (!result.racks.empty() || has_links(result))
    site.actors.push_back({std::string(system_actor), actor_kind::system, ""});
  site.actors.push_back({std::string(command_actor), actor_kind::command, ""});
  auto moved = std::find_if(result.nodes.begin(), result.nodes.end(),
                            [](const node& n) { return n.name == site_node; });
  std::rotate(moved, moved + 1, result.nodes.end());
  check_common_loss(source, result, report);
}

} // namespace voltaic::nodes::site
