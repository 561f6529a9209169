#include "nodes/view/site_facts.hpp"

#include <map>
#include <memory>

#include "messages/protection/table.hpp"

namespace voltaic::nodes::view {

namespace {

using tables = std::map<std::string, std::shared_ptr<const messages::protection::table>>;

bool latches(const tables& of, const alarm& what) {
  const auto found = of.find(what.rack);
  if (found == of.end() || found->second == nullptr) return false;
  for (const auto& candidate : found->second->candidates) {
    if (candidate.name != what.candidate) continue;
    for (const auto& limit : candidate.limits)
      if (to_string(limit.level) == what.level)
        return limit.latch != messages::protection::latch::none;
  }
  return false;
}

} // namespace

site_facts facts_of(const site::plan& plan) {
  site_facts facts;
  facts.site = plan.name;
  tables by_rack;
  for (const auto& rack : plan.racks) {
    facts.racks.push_back(rack.name);
    by_rack[rack.name] = rack.protection;
  }
  for (const auto& device : plan.devices)
    if (device.rack.empty()) facts.equipment.push_back(device.name);
  facts.latches = [by_rack = std::move(by_rack)](const alarm& what) {
    return latches(by_rack, what);
  };
  return facts;
}

} // namespace voltaic::nodes::view
