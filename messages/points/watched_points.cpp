#include "messages/points/watched_points.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace voltaic::messages::points {
std::size_t watched_points::watch(std::string name) {
  const auto [entry, fresh] = places_.try_emplace(std::move(name), values_.size());
  if (fresh) values_.emplace_back();
  return entry->second;
}

void watched_points::learn(const catalogue& described) {
  auto& owner = owners_[described.owner];
  if (owner.fingerprint == described.fingerprint) return;
  for (const auto& former : owner.columns) values_[former.place] = {};
  owner = {described.fingerprint, {}};
  for (std::size_t position = 0; position < described.points.size(); ++position) {
    const auto& point = described.points[position];
    const auto found = places_.find(point.name);
    if (found == places_.end() || point.count != 1) continue;
    owner.columns.push_back({static_cast<std::uint16_t>(position), found->second, scale_of(point)});
    values_[found->second].period_ms = point.period_ms;
  }
}

std::vector<std::size_t> watched_points::apply(const telemetry& said) {
  std::vector<std::size_t> changed;
  const auto owner = owners_.find(said.owner);
  if (owner == owners_.end() || owner->second.fingerprint != said.fingerprint) return changed;
  changed.reserve(std::min(said.blocks.size(), owner->second.columns.size()));
  for (const auto& block : said.blocks) {
    for (const auto& each : owner->second.columns) {
      if (each.position != block.point || block.first_index != 0) continue;
      if (read(block, each, values_[each.place])) changed.push_back(each.place);
    }
  }
  return changed;
}

bool watched_points::read(const block& from, const column& by, watched_value& into) {
  // A repeated or reordered block is no news.
  if (from.source_time_us < into.source_time_us) return false;
  into.quality = from.element_quality.empty() ? from.quality : from.element_quality.front();
  into.source_time_us = from.source_time_us;
  if (const auto* text = std::get_if<std::string>(&from.values)) {
    into.text = *text;
  } else if (const auto number = first_number(from, by.scale)) {
    into.number = *number;
  } else {
    into.quality = quality::invalid; // said, but not what it is
  }
  return true;
}

} // namespace voltaic::messages::points
