#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "bench/process.hpp"
#include "bus/can/port.hpp"
#include "bus/message/client.hpp"
#include "nodes/site/plan.hpp"

/// What the restart benchmark is made of.
namespace voltaic::bench::restart_bench {

/// Cells of a demo rack are scanned this often.
inline constexpr std::int64_t scan_period_us = 200'000;
inline constexpr std::size_t racks = 2;

/// The demo's site file with these racks.
[[nodiscard]] std::string demo_text();

/// What was seen from a kill on.
struct sight {
  std::int64_t killed_us = 0;
  std::int64_t good_us = 0;      ///< a whole good scan was heard from the next life; 0: not yet
  std::int64_t other_gap_us = 0; ///< the longest between two scans of the other rack
  std::uint64_t other_lost = 0;  ///< messages of the other rack that were said and not heard
  std::uint64_t other_openings = 0;
};

/// A tool at the relay and a second listener on the CAN bus: what the site says
/// and what its racks say.
class watcher {
 public:
  explicit watcher(const nodes::site::plan& plan);

  /// Closes the rack by command; throws std::runtime_error when it stays open.
  void close(std::size_t rack);
  /// kill -9 of the node of rack_0; a new `sight` begins.
  void kill_node();
  /// Follows the site until it holds; false after the time.
  bool follow(const std::function<bool()>& holds, std::int64_t within_us);
  [[nodiscard]] const sight& seen() const { return seen_; }
  /// As the rack's own status says.
  [[nodiscard]] bool closed(std::size_t rack) const { return contactors_.at(rack).closed; }
  [[nodiscard]] std::int64_t changed_us(std::size_t rack) const {
    return contactors_.at(rack).changed_us;
  }

 private:
  struct contactor {
    std::atomic<bool> closed = false;
    std::atomic<std::int64_t> changed_us = 0;
    std::atomic<std::uint64_t> openings = 0;
  };
  void hear(const bus::can::batch& batch);
  void take(const bus::message::update& update);
  void take_victim(const bus::message::update& update, messages::quality quality);
  void take_other(std::int64_t scanned_us);

  const nodes::site::plan& plan_;
  std::array<contactor, racks> contactors_;
  sight seen_;
  std::uint32_t incarnation_ = 0;
  std::uint32_t killed_incarnation_ = 0;
  std::int64_t other_scanned_us_ = 0;
  std::uint64_t other_openings_before_ = 0;
  std::uint64_t commands_ = 0;
  bus::message::zmq_context context_;
  std::unique_ptr<bus::message::client> client_;
  std::unique_ptr<bus::can::port> port_; ///< first to go: its thread uses the rest
};

} // namespace voltaic::bench::restart_bench
