#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "bench/trip_watch.hpp"
#include "bus/can/port.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::bench::trip_bench {

inline constexpr std::uint8_t contactor_open = 0;
inline constexpr std::uint8_t contactor_close = 2;

/// The rack: its frames, its contactors, and when the bus carried what.
class rack_player {
 public:
  /// Throws std::runtime_error if the bus of the plan is not there.
  explicit rack_player(const nodes::site::plan& plan);

  void send(std::span<const messages::can::frame> frames);
  void send_values();

  /// Waits for a position of the contactors; keeps the rack's values fresh meanwhile.
  [[nodiscard]] bool wait_for(std::uint8_t wanted, std::int64_t within_us);

  /// A trip is about to begin.
  void arm();
  /// Bus time from the frame with the high cell to the order; nothing: missed.
  [[nodiscard]] std::optional<double> latency_us() const;
  /// What the bus carried since the trip began, a line each, times from the frame
  /// with the high cell on.
  [[nodiscard]] std::string history() const;
  /// When the trip began.
  [[nodiscard]] std::int64_t armed_us() const { return armed_us_; }

 private:
  void hear(const bus::can::batch& batch);
  void follow(const messages::can::frame& order);
  void note(const messages::can::frame& seen, std::string what);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::uint8_t> position_ = contactor_open;
  std::int64_t armed_us_ = 0;
  std::optional<std::int64_t> high_us_;
  std::optional<std::int64_t> opened_us_;
  sightings seen_;
  std::unique_ptr<bus::can::port> mouth_;
  std::unique_ptr<bus::can::port> ears_; ///< first to go: its thread uses the rest
};

} // namespace voltaic::bench::trip_bench
