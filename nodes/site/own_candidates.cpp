#include "nodes/site/own_candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "messages/protection/own_candidate.hpp"

namespace voltaic::nodes::site {

namespace profiles = messages::profiles;
namespace protection = messages::protection;

bool has_candidate(const protection::table& rules, std::string_view name) {
  return std::ranges::find(rules.candidates, name, &protection::candidate::name) !=
         rules.candidates.end();
}

const protection::quantity* quantity_of(const profiles::point& point) {
  return point.quantity.empty() ? protection::usual_quantity(point.unit)
                                : protection::find_quantity(point.quantity);
}

std::string unknown_limits(const profiles::device_profile& profile, const profiles::point& point,
                           const std::string& name, const protection::table& rules) {
  const auto* of = quantity_of(point);
  const auto why = of == nullptr
                       ? fmt::format("a quantity in {} has none by default",
                                     point.unit.empty() ? "no unit" : "'" + point.unit + "'")
                       : fmt::format("{} has none of {} on that side", rules.name, of->name);
  const auto key =
      name.find('/') == std::string::npos ? name : fmt::format("\"{}\"", name); // as TOML has it
  const auto usable = point.unit.empty() ? std::string() : protection::quantity_names(point.unit);
  const auto by_quantity = usable.empty()
                               ? std::string()
                               : fmt::format("state \"quantity\" at that point ({}), or ", usable);
  return fmt::format(
      "the profile {0} asks for {1} at its point {2}, but its limits are not known: {3}; {4}write "
      "[{6}] in the protection file or [rack.override.{6}] in the site file, with unit = \"{5}\", "
      "period_ms, envelope = [minimum, maximum], and warning, alarm, fault or hard = {{ set, "
      "clear, "
      "set_ms, clear_ms, latch, actions }}",
      profile.name, name, point.name, why, by_quantity, point.unit, key);
}

std::optional<std::string> mistake_in(const protection::candidate& watched,
                                      std::string_view point_name,
                                      const profiles::device_profile& profile) {
  const auto found = profile.find_point(point_name);
  if (!found) {
    return fmt::format("{} judges the point {}, which the profile {} does not have", watched.name,
                       point_name, profile.name);
  }
  const auto& point = profile.points[*found];
  if (point.category != profiles::category::operational) {
    return fmt::format("{}: {} is not measured but configured, so that it cannot be judged",
                       watched.name, point_name);
  }
  if (point.type == profiles::raw_type::text || !point.texts.empty()) {
    return fmt::format("{}: {} is a text, so that it cannot be judged", watched.name, point_name);
  }
  if (point.unit != watched.unit) {
    return fmt::format("{} is in '{}', but the profile {} has {} in '{}'", watched.name,
                       watched.unit, profile.name, point_name, point.unit);
  }
  return std::nullopt;
}

protection::rack_size size_of(const profiles::device_profile& profile) {
  protection::rack_size size;
  if (const auto cells = profile.find_point("cell_voltage"))
    size.cells_in_series = profile.points[*cells].count;
  if (profile.ratings) {
    size.charge_current_a = profile.ratings->charge_current_a;
    size.discharge_current_a = profile.ratings->discharge_current_a;
  }
  return size;
}

void add_own_candidates(const profiles::device_profile& profile, protection::table& rules) {
  const auto size = size_of(profile);
  for (const auto& point : profile.points) {
    for (const auto& name : point.protection) {
      const auto* of = quantity_of(point);
      if (of == nullptr || !protection::parse_own(name) || has_candidate(rules, name)) continue;
      if (auto made = protection::default_of(rules, name, *of, &size, point.unit))
        rules.candidates.push_back(*std::move(made));
    }
  }
}

std::vector<std::string> mistakes_of_own(const profiles::device_profile& profile,
                                         const protection::table& rules) {
  std::vector<std::string> wrong;
  for (const auto& point : profile.points) {
    for (const auto& name : point.protection) {
      if (protection::parse_own(name) && !has_candidate(rules, name))
        wrong.push_back(unknown_limits(profile, point, name, rules));
    }
  }
  std::set<std::string_view> judged;
  for (const auto& watched : rules.candidates) {
    const auto own = protection::parse_own(watched.name);
    if (!own) continue;
    judged.insert(own->point);
    if (!protection::split_point(own->point).device.empty()) continue; // no point of this device
    if (auto mistake = mistake_in(watched, own->point, profile)) wrong.push_back(*mistake);
  }
  if (judged.size() > protection::own_points_max) {
    wrong.push_back(fmt::format("{} points of its own are to be judged, {} can be", judged.size(),
                                protection::own_points_max));
  }
  return wrong;
}

} // namespace voltaic::nodes::site
