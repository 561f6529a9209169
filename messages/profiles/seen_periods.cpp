#include "messages/profiles/seen_periods.hpp"

#include <fmt/format.h>

#include "messages/time.hpp"

namespace voltaic::messages::profiles {

seen_periods::seen_periods(const device_profile& profile)
    : profile_(profile), points_(profile.points.size()) {}

void seen_periods::take(const can::log_entry& entry, const std::vector<sample>& samples) {
  if (entry.time == can::log_time::none) return;
  for (const auto& each : samples) {
    auto& seen = points_[each.point];
    if (seen.count == 0) {
      seen = {each.index, 1, entry.frame.time_us, entry.frame.time_us};
    } else if (seen.index == each.index && entry.frame.time_us >= seen.last_us) {
      ++seen.count;
      seen.last_us = entry.frame.time_us;
    }
  }
}

std::vector<std::string> seen_periods::complaints() const {
  std::vector<std::string> said;
  for (std::size_t each = 0; each < points_.size(); ++each) {
    const auto& seen = points_[each];
    if (seen.count < arrivals_needed) continue;
    const auto& point = profile_.points[each];
    const double period_ms = static_cast<double>(seen.last_us - seen.first_us) /
                             static_cast<double>((seen.count - 1) * us_per_ms);
    if (point.period_ms == 0 || period_ms <= slower_factor * point.period_ms) continue;
    said.push_back(
        fmt::format("{}: each element comes every {:.0f} ms, its period_ms says {}: it "
                    "would be stale most of the time",
                    point.name, period_ms, point.period_ms));
  }
  return said;
}

} // namespace voltaic::messages::profiles
