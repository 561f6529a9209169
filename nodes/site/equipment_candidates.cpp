#include "nodes/site/equipment_candidates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/profiles/device_profile.hpp"
#include "nodes/site/own_candidates.hpp"

namespace voltaic::nodes::site {

namespace {

namespace profiles = messages::profiles;
namespace protection = messages::protection;

std::string full_name(const device& of, const std::string& candidate) {
  return of.name + "/" + candidate;
}

bool is_text(const profiles::point& point) {
  return point.type == profiles::raw_type::text || !point.texts.empty();
}

// Equipment is heard over the message bus, and nothing may open because that is gone or wrong.
std::optional<std::string> opening_in(const protection::candidate& watched,
                                      const std::string& device_name) {
  const auto found = std::ranges::find_if(watched.limits, protection::opens);
  if (found == watched.limits.end()) return std::nullopt;
  return fmt::format(
      "{}/{} opens the rack, but {} is heard over the message bus, on which no opening may depend: "
      "stop the current by stop_charge and stop_discharge, and wire what has to open to an input "
      "of the rack",
      watched.name, to_string(found->level), device_name);
}

} // namespace

bool is_equipment(const device& one) {
  return one.profile != nullptr && !one.profile->find_point("cell_voltage");
}

void add_equipment_candidates(const device& equipment, const protection::rack_size& size,
                              protection::table& rules) {
  for (const auto& point : equipment.profile->points) {
    const auto* of = quantity_of(point);
    if (of == nullptr) continue;
    for (const auto& asked : point.protection) {
      const auto name = full_name(equipment, asked);
      if (!protection::parse_own(asked) || has_candidate(rules, name)) continue;
      if (auto made = protection::default_of(rules, name, *of, &size, point.unit))
        rules.candidates.push_back(protection::without_opening(*std::move(made)));
    }
  }
}

std::vector<std::string> mistakes_at(const device& equipment, bool has_racks) {
  std::vector<std::string> wrong;
  for (const auto& point : equipment.profile->points) {
    for (const auto& asked : point.protection) {
      const auto where = fmt::format("the profile {} asks for {} at its point {}, but ",
                                     equipment.profile->name, asked, point.name);
      if (!protection::parse_own(asked)) {
        wrong.push_back(where + fmt::format("{} feeds no rack, and only racks are judged by that: "
                                            "name {}_high or {}_low",
                                            equipment.name, point.name, point.name));
      } else if (point.category != profiles::category::operational || is_text(point)) {
        wrong.push_back(where + "it is no measured number, so that it cannot be judged");
      } else if (!has_racks) {
        wrong.push_back(where + "the site has no rack on which its levels could act");
      }
    }
  }
  return wrong;
}

std::vector<std::string> mistakes_of_equipment(const std::vector<const device*>& equipment,
                                               const protection::table& rules) {
  std::vector<std::string> wrong;
  for (const auto* each : equipment) {
    for (const auto& point : each->profile->points) {
      for (const auto& asked : point.protection) {
        const auto name = full_name(*each, asked);
        if (protection::parse_own(asked) && !has_candidate(rules, name))
          wrong.push_back(unknown_limits(*each->profile, point, name, rules));
      }
    }
  }
  for (const auto& watched : rules.candidates) {
    const auto own = protection::parse_own(watched.name);
    if (!own) continue;
    const auto [device_name, point] = protection::split_point(own->point);
    if (device_name.empty()) continue;
    const auto found =
        std::ranges::find(equipment, device_name, [](const device* one) { return one->name; });
    if (found == equipment.end()) {
      wrong.push_back(
          fmt::format("{} judges a point of {}, which is no device of the site that "
                      "acts on this rack",
                      watched.name, device_name));
    } else if (auto mistake = mistake_in(watched, point, *(*found)->profile)) {
      wrong.push_back(*std::move(mistake));
    } else if (auto opening = opening_in(watched, (*found)->name)) {
      wrong.push_back(*std::move(opening));
    }
  }
  return wrong;
}

} // namespace voltaic::nodes::site
