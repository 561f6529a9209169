#include "actors/inverter_link/people_caps.hpp"

#include <fmt/format.h>

#include <utility>

#include "messages/points/catalogue.hpp"

namespace voltaic::actors::inverter_link {
namespace {

using messages::outcome;

/// The end of a point's range that asks for most.
double loosest(const cap_point& of) {
  return of.side == messages::tighter::higher ? of.range.minimum : of.range.maximum;
}

std::vector<messages::profiles::command> rules_of(const std::vector<cap_point>& points) {
  std::vector<messages::profiles::command> rules;
  for (const auto& each : points) {
    messages::profiles::command rule;
    rule.point = each.point;
    rule.unit = messages::inverter::items[each.item].unit;
    rule.decimals = messages::points::decimals_of(each.range.resolution, 0);
    rule.resolution = each.range.resolution;
    rule.default_value = loosest(each);
    rule.side = each.side;
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::string_view short_name(std::string_view point) {
  return point.substr(point.rfind('/') + 1);
}

} // namespace

people_caps::people_caps(runtime::context& owner, const model_options& options)
    : device_(options.device),
      points_(cap_points_of(options)),
      commands_(owner, runtime::unfinished::unknown,
                [this](const messages::command& asked) {
                  const auto set = find(asked.point);
                  return set ? fmt::format("set {}", points_[*set].point) : std::string();
                }),
      values_(owner, rules_of(points_)) {}

std::optional<std::uint16_t> people_caps::find(std::string_view point) const {
  if (point.substr(0, point.find('/')) != device_) return std::nullopt;
  const auto name = short_name(point);
  for (std::size_t each = 0; each < points_.size(); ++each)
    if (points_[each].point == name || points_[each].range.channel == name)
      return static_cast<std::uint16_t>(each);
  return std::nullopt;
}

void people_caps::receive(const messages::command& asked, runtime::instant now) {
  commands_.take(asked, now);
}

void people_caps::stored(std::uint64_t token, const bus::storage::append_result& result,
                         runtime::instant now) {
  commands_.keep(token, result, now);
}

void people_caps::step(runtime::instant now) {
  for (const auto& over : values_.due(now)) values_.went_back(over, now);
  for (const auto& asked : commands_.due(now)) act(asked, now);
}

std::optional<std::string> people_caps::refusal(const messages::command& asked,
                                                std::optional<std::uint16_t> set) const {
  if (asked.operation != "set")
    return fmt::format("an inverter's link knows set, not {}", asked.operation);
  if (!set)
    return fmt::format("{} is what the inverter is told of its battery, and not set", asked.point);
  if (asked.index != 0) return fmt::format("{} has no index {}", asked.point, asked.index);
  const auto* value = std::get_if<double>(&asked.value);
  if (value == nullptr) return fmt::format("{} takes a number", asked.point);
  const auto& range = points_[*set].range;
  // Written so that what is no number is outside.
  if (!(*value >= range.minimum && *value <= range.maximum))
    return fmt::format("{} is outside of {} to {}", *value, range.minimum, range.maximum);
  return values_.refusal(asked, *set, *value, {});
}

void people_caps::act(const messages::command& asked, runtime::instant now) {
  const auto set = find(asked.point);
  if (auto refused = refusal(asked, set)) {
    commands_.finish(asked, outcome::rejected, {*std::move(refused)}, {}, now);
    return;
  }
  values_.took(asked, *set, outcome::done, now);
  acted_.push_back({asked, points_[*set].item});
}

std::vector<standing_cap> people_caps::standing() const {
  std::vector<standing_cap> found;
  for (std::size_t each = 0; each < points_.size(); ++each) {
    const auto value = values_.in_force(static_cast<std::uint16_t>(each));
    if (value && *value != loosest(points_[each]))
      found.push_back({points_[each].item, points_[each].point, *value});
  }
  return found;
}

} // namespace voltaic::actors::inverter_link
