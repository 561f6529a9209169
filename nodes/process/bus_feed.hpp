#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bus/can/id_filter.hpp"
#include "bus/can/port.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// Between a port and those who listen to it in a node: hands each of them what it listens to, and
/// the time. On a bus with many devices most frames are for others, and each batch costs a
/// listener a turn. Used by the port's thread alone.
class bus_feed {
 public:
  /// What one listener needs of a batch.
  struct part {
    std::size_t listener = 0; ///< the devices in order, then the links of inverters
    std::shared_ptr<const bus::can::batch> said;
  };

  /// These devices and links of inverters, whose profiles are there, live in the node. `own_node`:
  /// what is said to it goes to the first device that is a node of CANopen.
  explicit bus_feed(const std::vector<const site::device*>& devices,
                    const std::vector<const site::inverter*>& inverters = {},
                    std::uint8_t own_node = 0);

  /// What they listen to, all of them.
  [[nodiscard]] const bus::can::id_filter& filter() const { return filter_; }

  /// For each listener its own frames of the batch, in order. One that has none is left out, unless
  /// it is due to hear the time, as at each `tick_period_us`. In the order of the listeners; valid
  /// until the next call.
  [[nodiscard]] const std::vector<part>& share(bus::can::batch&& said);

 private:
  /// An identifier and one who listens to it.
  struct own_identifier {
    std::uint64_t key = 0; ///< identifier and format
    std::size_t listener = 0;
    auto operator<=>(const own_identifier&) const = default;
  };

  /// One who listens to whole groups of identifiers, and to nothing else.
  struct group_listener {
    bus::can::id_filter filter;
    std::size_t listener = 0;
  };

  void sort_out(const bus::can::batch& said);

  bus::can::id_filter filter_;
  std::vector<own_identifier> identifiers_; ///< in rising order
  std::vector<group_listener> groups_;
  std::vector<std::int64_t> passed_us_;                   ///< time that each listener was told last
  std::vector<std::vector<messages::can::frame>> sorted_; ///< frames of each listener
  std::vector<part> parts_;
};

/// All identifiers that the site's devices and links of inverters on a bus send or are told by:
/// what else is seen there is unknown to it.
[[nodiscard]] std::vector<bus::can::id_range> known_identifiers(const site::plan& plan,
                                                                const std::string& bus);

} // namespace voltaic::nodes::process
