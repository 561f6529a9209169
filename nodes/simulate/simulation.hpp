#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "messages/expected.hpp"
#include "nodes/simulate/simulated_site.hpp"
#include "nodes/simulate/targets.hpp"

namespace voltaic::nodes::simulate {

/// What is played, how long, and where its lines go.
struct simulation_options {
  std::int64_t duration_ms = 0; ///< from t=0
  bool initially_closed = true;
  bool json = true;
  bool keeps_points = true; ///< the site's points are read afterwards
  std::vector<deed> deeds;  ///< by rising time
  std::function<void(const std::string& line)> out;
};

/// Before t=0 every rack must be read, and closed, within this virtual time.
inline constexpr std::int64_t warm_up_max_us = 120 * messages::us_per_s;

/// Brings a site to t=0 (the first complete good scan with the contactors as
/// wanted), plays the deeds and says every event in order. A failure says what
/// did not come about. Where a bus is played from a recording, t=0 is the
/// recording's first frame and nothing is brought about before.
[[nodiscard]] messages::expected<bool> run_simulation(simulated_site& site, const site::plan& plan,
                                                      const simulation_options& options);

} // namespace voltaic::nodes::simulate
