#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bus/can/id_filter.hpp"
#include "bus/can/port.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// Between a port and the devices of a node: passes on what they listen to, and the
/// time. On a bus with many devices most frames are for others, and each batch costs
/// the node a wake. Used by the port's thread alone.
class bus_feed {
 public:
  /// These devices and links of inverters, whose profiles are there, live in the node.
  explicit bus_feed(const std::vector<const site::device*>& devices,
                    const std::vector<const site::inverter*>& inverters = {});

  /// What they listen to.
  [[nodiscard]] const bus::can::id_filter& filter() const { return filter_; }

  /// Drops the frames that are for nobody here. False: nothing of the batch is needed
  /// now, neither a frame nor the time, which is needed at each `tick_period_us`.
  [[nodiscard]] bool take(bus::can::batch& said);

 private:
  bus::can::id_filter filter_;
  std::int64_t passed_us_ = 0; ///< time of the last batch that was passed on
};

/// All identifiers that the site's devices and links of inverters on a bus send or are told by:
/// what else is seen there is unknown to it.
[[nodiscard]] std::vector<bus::can::id_range> known_identifiers(const site::plan& plan,
                                                                const std::string& bus);

} // namespace voltaic::nodes::process
