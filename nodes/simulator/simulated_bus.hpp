#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "actors/simulator/simulated_rack_model.hpp"
#include "bus/can/port.hpp"
#include "messages/expected.hpp"
#include "nodes/simulate/targets.hpp"

namespace voltaic::nodes::simulator {

/// Racks on one bus, living on the ticks of its port: no thread of their own.
class simulated_bus {
 public:
  /// Opens the port; the racks play from now on.
  [[nodiscard]] static messages::expected<std::unique_ptr<simulated_bus>> open(
      const bus::can::port_options& options,
      const std::vector<actors::simulator::rack_options>& racks);

  /// What is laid over racks, each by its place among those that were given;
  /// together, from their next step on. Any thread.
  void set(std::vector<std::pair<std::size_t, simulate::overlay>> what);

 private:
  explicit simulated_bus(const std::vector<actors::simulator::rack_options>& racks);
  void take(bus::can::batch&& said);
  void lay();

  std::vector<actors::simulator::simulated_rack_model> racks_;
  std::vector<messages::can::frame> received_; ///< since the last step
  std::vector<messages::can::frame> sent_;
  std::int64_t due_us_ = 0;
  std::mutex mutex_; ///< of what was not laid yet
  std::vector<std::pair<std::size_t, simulate::overlay>> to_lay_;
  std::atomic<bus::can::port*> open_port_{nullptr}; ///< the first ticks come before it is known
  std::unique_ptr<bus::can::port> port_;
};

} // namespace voltaic::nodes::simulator
