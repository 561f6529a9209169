#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/simulator/simulated_rack_model.hpp"
#include "bus/can/port.hpp"
#include "messages/expected.hpp"
#include "nodes/simulate/targets.hpp"

namespace voltaic::nodes::simulator {

/// A DC bus whose racks are played on several buses, each by a thread of its own.
class shared_dc_bus {
 public:
  [[nodiscard]] std::size_t add_rack();
  void set(std::size_t rack, std::optional<double> joined_v);
  [[nodiscard]] std::optional<actors::simulator::live_bus> without(std::size_t rack);

 private:
  std::mutex mutex_;
  actors::simulator::dc_bus_model model_;
};

/// A rack to be played, and the DC bus that it shares with others; nullptr: it has its own.
struct played_rack {
  actors::simulator::rack_options options;
  std::shared_ptr<shared_dc_bus> dc_bus;
};

/// Racks on one bus, living on the ticks of its port: no thread of their own.
class simulated_bus {
 public:
  /// Opens the port; the racks play from now on.
  [[nodiscard]] static messages::expected<std::unique_ptr<simulated_bus>> open(
      const bus::can::port_options& options, const std::vector<played_rack>& racks);

  /// What is laid over racks, each by its place among those that were given;
  /// together, from their next step on. Any thread.
  void set(std::vector<std::pair<std::size_t, simulate::overlay>> what);

 private:
  struct playing_rack {
    actors::simulator::simulated_rack_model model;
    std::shared_ptr<shared_dc_bus> dc_bus;
    std::size_t dc_place = 0;
  };
  explicit simulated_bus(const std::vector<played_rack>& racks);
  void take(bus::can::batch&& said);
  void lay();

  std::vector<playing_rack> racks_;
  std::vector<messages::can::frame> received_; ///< since the last step
  std::vector<messages::can::frame> sent_;
  std::int64_t due_us_ = 0;
  std::mutex mutex_; ///< of what was not laid yet
  std::vector<std::pair<std::size_t, simulate::overlay>> to_lay_;
  std::atomic<bus::can::port*> open_port_{nullptr}; ///< the first ticks come before it is known
  std::unique_ptr<bus::can::port> port_;
};

} // namespace voltaic::nodes::simulator
