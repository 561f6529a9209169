#include "nodes/site/judge_dc_bus.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace voltaic::nodes::site {

namespace {

// With fewer there is no neighbour.
constexpr std::size_t neighbours_from = 2;

std::vector<const rack*> racks_of(const plan& of, const inverter& item) {
  std::vector<const rack*> racks;
  for (const auto& name : item.racks)
    if (const auto* found = of.find_rack(name)) racks.push_back(found);
  return racks;
}

position place_of(const draft& source, const rack& item) {
  return std::ranges::find(source.racks, item.name,
                           [](const draft_rack& each) { return each.item.name; })
      ->name_at;
}

void warn(plan& result, const reporter& report, position at, std::string text) {
  result.warnings.push_back({report.file(), at.line, at.column, std::move(text)});
}

void judge_inverter(const draft& source, plan& result, const inverter& item, reporter& report) {
  const auto racks = racks_of(result, item);
  if (racks.size() < neighbours_from) return;
  std::vector<std::string> unnamed;
  std::set<std::string> buses;
  for (const auto* each : racks) {
    if (each->dc_bus.empty()) unnamed.push_back(each->name);
    buses.insert(each->dc_bus);
  }
  if (!unnamed.empty()) {
    const auto at = place_of(source, *result.find_rack(unnamed.front()));
    auto text = fmt::format(
        "dc_bus: {} racks are behind {}, and nothing says which DC bus {} {} on; give "
        "racks that share one the same name",
        racks.size(), item.name, fmt::join(unnamed, ", "), unnamed.size() == 1 ? "is" : "are");
    const bool any_closes = std::ranges::any_of(
        racks, [&](const rack* each) { return each->close_allowed && result.takes_orders(*each); });
    if (any_closes)
      report.add(at, std::move(text));
    else
      warn(result, report, at, std::move(text));
  } else if (buses.size() > 1 && result.limits.policy != "sum") {
    warn(result, report, place_of(source, *racks.front()),
         fmt::format("dc_bus: the racks behind {} are on {}, and its limits are those of racks in "
                     "parallel; [limits] policy = \"sum\" is for converters of their own",
                     item.name, fmt::join(buses, ", ")));
  }
}

} // namespace

void judge_dc_bus(const draft& source, plan& result, reporter& report) {
  for (const auto& item : result.inverters) judge_inverter(source, result, item, report);
}

} // namespace voltaic::nodes::site
