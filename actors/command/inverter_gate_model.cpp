#include "actors/command/inverter_gate_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actors/command/parallel_model.hpp"

namespace voltaic::actors::command {

inverter_gate_model::inverter_gate_model(const std::map<std::string, std::string>& inverters,
                                         std::set<std::string> doubtful)
    : inverters_(inverters), doubtful_(std::move(doubtful)) {
  for (const auto& [rack, inverter] : inverters_)
    if (!places_.contains(inverter)) places_[inverter] = points_.watch(inverter + "/compatibility");
}

std::vector<std::string> inverter_gate_model::sources() const {
  std::vector<std::string> names;
  for (const auto& [inverter, place] : places_) names.push_back(inverter + "/link");
  return names;
}

void inverter_gate_model::take(const messages::telemetry& said, std::int64_t heard_us) {
  for (const auto place : points_.apply(said)) {
    news_[place].hear(points_.at(place).source_time_us, heard_us);
    if (points_.at(place).text == "awaited") {
      awaited_us_.try_emplace(place, heard_us);
    } else {
      awaited_us_.erase(place);
    }
  }
}

std::int64_t inverter_gate_model::wait_us(std::size_t place, std::int64_t now_us) const {
  const auto since = awaited_us_.find(place);
  if (since == awaited_us_.end()) return 0;
  return std::max<std::int64_t>(since->second + identity_wait_us_max - now_us, 0);
}

bool inverter_gate_model::is_heard(std::size_t place, std::int64_t now_us) const {
  const auto news = news_.find(place);
  return news != news_.end() && news->second.is_fresh(now_us, compatibility_age_us_max);
}

std::vector<std::string> inverter_gate_model::refuse(const messages::command& asked,
                                                     std::int64_t now_us) const {
  const auto found = inverters_.find(rack_closed_by(asked));
  if (found == inverters_.end()) return {};
  const auto& inverter = found->second;
  const auto place = places_.at(inverter);
  if (points_.at(place).text == "incompatible")
    return {"inverter_incompatible: " + inverter + " does not work with this battery"};
  if (!doubtful_.contains(inverter)) return {};
  if (const auto left_us = wait_us(place, now_us); left_us > 0 && is_heard(place, now_us))
    return {
        fmt::format("inverter_awaited: whether {} works with this battery is not known before "
                    "both say what they are, and it may not; that is waited for, {} s more at "
                    "most",
                    inverter, (left_us + messages::us_per_s - 1) / messages::us_per_s)};
  if (is_heard(place, now_us)) return {};
  return {
      fmt::format("inverter_incompatible: whether {} works with this battery was not heard for "
                  "{} s, and it may not",
                  inverter, compatibility_age_us_max / messages::us_per_s)};
}

} // namespace voltaic::actors::command
