#include "nodes/site/cell_period.hpp"

#include "messages/profiles/device_profile.hpp"
#include "messages/time.hpp"

namespace voltaic::nodes::site {

std::optional<std::int64_t> cell_period_us_of(const device& item) {
  const auto cells = item.profile->find_point("cell_voltage");
  if (!cells || item.profile->points[*cells].period_ms == 0) return std::nullopt;
  return item.profile->points[*cells].period_ms * messages::us_per_ms;
}

} // namespace voltaic::nodes::site
