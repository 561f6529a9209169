#include "nodes/cli/rack_bounds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <set>
#include <string_view>

#include "actors/command/dispatcher_model.hpp"
#include "actors/protection/ladder_model.hpp"
#include "actors/protection/measured.hpp"
#include "messages/points/catalogue.hpp"

namespace voltaic::nodes::cli {

namespace {

using messages::quality;
using messages::setpoint;
using messages::points::point_state;
using messages::points::point_table;

/// What a device reports of a limit that it holds: "reported_charge_current_limit".
constexpr std::string_view reported = "reported_";
/// A value that is set and one that is reported are the same within this share of the larger, or
/// within this much: a device rounds to its resolution.
constexpr double same_share = 0.01;
constexpr double same_value = 0.1;

bool is_same(double one, double other) {
  return std::abs(one - other) <=
         std::max(same_value, same_share * std::max(std::abs(one), std::abs(other)));
}

std::vector<setpoint> standing_setpoints(const point_table& points) {
  const auto said = points.find(std::string(actors::command::setpoints_point));
  if (!said || said->quality != quality::good) return {};
  return messages::read_setpoints(said->text);
}

// The rack's points that protection judges and whose newest value is one of these.
std::vector<std::string> points_that_are(const point_table& points, const std::string& rack,
                                         std::initializer_list<quality> states) {
  std::vector<std::string> found;
  for (const auto& each : actors::protection::measured_points) {
    const auto name = fmt::format("{}/{}", rack, each.point);
    const auto known = points.find(name);
    if (known && std::ranges::find(states, known->quality) != states.end()) found.push_back(name);
  }
  return found;
}

std::string number_with_unit(double value, const point_state& of) {
  const auto number = messages::points::number_text(value, of.description.decimals);
  return of.description.unit.empty() ? number : number + " " + of.description.unit;
}

// The rack holds a limit: who gave it to it?
rack_bound bound_of_report(const point_table& points, const std::string& rack,
                           const std::string& reason) {
  rack_bound made{reason, "the rack's own, nobody is known to have set it", std::nullopt};
  const auto held = points.find(rack + "/" + reason);
  if (!held || held->quality != quality::good || held->numbers.empty()) return made;
  const auto limit = reason.substr(reported.size());
  const auto name = fmt::format("{}/{}", held->owner, limit);
  const auto value = held->numbers.front();
  for (const auto& each : standing_setpoints(points)) {
    if (each.point != name) continue;
    const auto words =
        fmt::format("{} of {}/{}, set by {}{}", number_with_unit(each.value, *held), rack, limit,
                    each.user, each.until.empty() ? std::string() : " until " + each.until);
    if (is_same(each.value, value)) return {cause_setpoint, words, each};
    made.detail =
        fmt::format("the rack's own {}, beside {}", number_with_unit(value, *held), words);
    return made;
  }
  return made;
}

rack_bound bound_of(const point_table& points, const std::string& rack, const std::string& reason) {
  if (reason.starts_with(reported)) return bound_of_report(points, rack, reason);
  const auto candidate = reason.substr(0, reason.find('/'));
  std::vector<std::string> from;
  if (candidate == actors::protection::communication_loss)
    from = points_that_are(points, rack, {quality::stale, quality::never});
  if (candidate == actors::protection::sensor_invalid)
    from = points_that_are(points, rack, {quality::invalid});
  return {reason, fmt::format("{}", fmt::join(from, ", ")), std::nullopt};
}

} // namespace

std::vector<rack_bound> bounds_of(const point_table& points, const std::string& rack,
                                  const std::vector<std::string>& reasons) {
  std::vector<rack_bound> all;
  std::set<std::string> told; // several points of a candidate give the same reason
  for (const auto& reason : reasons)
    if (told.insert(reason).second) all.push_back(bound_of(points, rack, reason));
  return all;
}

} // namespace voltaic::nodes::cli
