#include "nodes/process/own_points.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "messages/protection/own_candidate.hpp"

namespace voltaic::nodes::process {
namespace {

// What a point may be at most, on either side of zero.
double largest_of(const messages::profiles::point& point, const std::string& name,
                  const messages::protection::table& rules) {
  double largest = 0;
  if (point.valid)
    largest = std::max(std::abs(point.valid->minimum), std::abs(point.valid->maximum));
  else if (point.type != messages::profiles::raw_type::f64)
    largest = std::max(
        std::abs(static_cast<double>(raw_minimum(point.type)) * point.scale + point.offset),
        std::abs(static_cast<double>(raw_maximum(point.type)) * point.scale + point.offset));
  for (const auto& watched : rules.candidates) {
    const auto own = messages::protection::parse_own(watched.name);
    if (own && own->point == name)
      largest = std::max({largest, std::abs(watched.minimum), std::abs(watched.maximum)});
  }
  return largest;
}

} // namespace

void add_own_points(const std::vector<speaking_device>& devices,
                    actors::protection::protection_options& rules) {
  std::set<std::string_view> judged;
  for (const auto& watched : rules.table.candidates)
    if (const auto own = messages::protection::parse_own(watched.name)) judged.insert(own->point);
  std::size_t taken = 0;
  for (const auto& [device, profile] : devices) {
    for (const auto& point : profile->points) {
      const auto name = device.empty() ? point.name : device + "/" + point.name;
      if (!judged.contains(name) || taken == messages::protection::own_points_max) continue;
      const auto place = position_of(actors::protection::own_point(taken++));
      rules.points[place] = {point.count, point.group_size, point.period_ms, name,
                             largest_of(point, name, rules.table)};
    }
  }
}

} // namespace voltaic::nodes::process
