#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "actors/simulator/simulated_rack_model.hpp"
#include "bus/can/port.hpp"
#include "chaos/live_site.hpp"

namespace chaos {

/// The field of a site that runs without its simulator: the virtual bus as a
/// process of its own, and both racks played here, so that a test sees what the
/// devices themselves did. A device conducts while its contactors are closed.
class device_bench {
 public:
  explicit device_bench(const live_site& site);

  [[nodiscard]] bool conducts(std::size_t rack) const;
  /// How often it began to conduct.
  [[nodiscard]] int closings(std::size_t rack) const;
  /// When it last began or ended, by the clock of the bus.
  [[nodiscard]] std::int64_t changed_us(std::size_t rack) const;
  [[nodiscard]] bool opened_by_lease(std::size_t rack) const;
  /// Set frames of the charge current limit that the device received.
  [[nodiscard]] int limit_orders(std::size_t rack) const;
  /// Lays a value over what the rack reports; nothing takes it away.
  void lay(std::size_t rack, const std::string& point, std::uint32_t index, double value);
  void release(std::size_t rack, const std::string& point, std::uint32_t index);
  [[nodiscard]] static std::int64_t now_us();

 private:
  struct played {
    voltaic::actors::simulator::simulated_rack_model model;
    bool conducting = false;
    int closings = 0;
    std::int64_t changed_us = 0;
    int limit_orders = 0;
  };
  void take(voltaic::bus::can::batch&& said);

  std::unique_ptr<child> bus_;
  mutable std::mutex mutex_;
  std::vector<played> racks_;
  std::vector<voltaic::messages::can::frame> received_;
  std::int64_t due_us_ = 0;
  voltaic::bus::can::port* open_ = nullptr;
  std::unique_ptr<voltaic::bus::can::port> port_;
};

} // namespace chaos
