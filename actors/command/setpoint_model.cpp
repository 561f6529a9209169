#include "actors/command/setpoint_model.hpp"

#include <algorithm>
#include <utility>

#include "messages/points/output.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::command {

void setpoint_model::took(const messages::command& acted, const std::string& setpoint,
                          std::int64_t now_utc_us) {
  const auto* value = std::get_if<double>(&acted.value);
  if (value == nullptr || setpoint.empty()) return;
  const bool is_known = all_.contains(setpoint);
  if (!is_known && all_.size() >= messages::setpoints_max) return;
  auto& entries = all_[setpoint];
  const auto lease_us = static_cast<std::int64_t>(acted.lease_ms) * messages::us_per_ms;
  // What stays ends all others.
  if (lease_us == 0) entries.clear();
  std::erase_if(entries, [&](const entry& each) {
    return each.until_utc_us != 0 && each.until_utc_us <= now_utc_us;
  });
  if (entries.size() > timed_known_max) entries.erase(entries.begin() + 1);
  entries.push_back({*value, acted.user, lease_us == 0 ? 0 : now_utc_us + lease_us});
}

std::vector<messages::setpoint> setpoint_model::standing(std::int64_t now_utc_us) const {
  std::vector<messages::setpoint> found;
  for (const auto& [point, entries] : all_) {
    for (auto each = entries.rbegin(); each != entries.rend(); ++each) {
      const bool stays = each->until_utc_us == 0;
      if (!stays && each->until_utc_us <= now_utc_us) continue;
      found.push_back({point, each->value, each->user,
                       stays ? std::string() : messages::points::utc_text(each->until_utc_us)});
    }
  }
  return found;
}

} // namespace voltaic::actors::command
