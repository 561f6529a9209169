#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bus/can/port.hpp"
#include "messages/expected.hpp"

namespace voltaic::bus::can {

/// What was captured, and what was not.
struct capture_counts {
  std::uint64_t frames = 0; ///< written
  std::uint64_t lost = 0;   ///< for want of room, here or before the port
};

/// Listens on a bus and writes what it hears as a candump log. Between the port
/// and the writer is a bounded queue: what does not fit is counted, and the log
/// says where it is missing.
class capture {
 public:
  /// Frames that wait for the writer.
  static constexpr std::size_t queue_frames_max = 65'536;

  /// Fails as `open_port` does.
  [[nodiscard]] static messages::expected<std::unique_ptr<capture>> start(
      const port_options& options, std::size_t queue_max = queue_frames_max);

  /// Appends what has come since the last call as lines of a log.
  void take(std::string& lines);
  [[nodiscard]] capture_counts counts() const { return counts_; }
  /// Whether the bus is there.
  [[nodiscard]] bool connected() const;

 private:
  capture(const port_options& options, std::size_t queue_max)
      : interface_(options.name), queue_max_(queue_max) {}
  void accept(batch&& said);

  const std::string interface_;
  const std::size_t queue_max_;
  std::mutex mutex_;
  std::vector<messages::can::frame> queue_; ///< stamped since 1970
  std::uint64_t refused_ = 0;               ///< since the last call of `take`
  // The writer's own.
  std::vector<messages::can::frame> taken_;
  std::uint64_t overflow_ = 0; ///< of the port, already told
  capture_counts counts_;
  std::unique_ptr<port> port_; ///< calls `accept` until it is gone
};

} // namespace voltaic::bus::can
