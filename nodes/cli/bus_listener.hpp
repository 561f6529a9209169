#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bus/can/port.hpp"
#include "messages/can/traffic_table.hpp"
#include "messages/expected.hpp"
#include "nodes/cli/frame_words.hpp"
#include "nodes/view/traffic_screen.hpp"

namespace voltaic::nodes::cli {

/// Listens on a CAN bus and keeps the table of what is on it. Sends nothing, and asks nobody to
/// restart a controller.
class bus_listener {
 public:
  /// The first frame of an identifier, told once.
  struct arrival {
    double seconds = 0; ///< since the first frame
    messages::can::frame frame;
  };

  /// Fails as `open_port` does.
  [[nodiscard]] static messages::expected<std::unique_ptr<bus_listener>> start(
      bus::can::port_options options);
  /// The table as it is now, with what its last frames say.
  [[nodiscard]] view::traffic_picture look(frame_words& by) const;
  /// Identifiers that are new since the last call.
  [[nodiscard]] std::vector<arrival> arrivals();
  /// Whether the bus is there; of a recording, whether there is more of it.
  [[nodiscard]] bool connected() const;
  [[nodiscard]] std::uint64_t frames() const;

 private:
  explicit bus_listener(const bus::can::port_options& options)
      : bus_(options.name), uri_(options.uri) {}
  void accept(const bus::can::batch& said);

  const std::string bus_;
  const std::string uri_;
  mutable std::mutex mutex_;
  messages::can::traffic_table table_;
  std::vector<arrival> arrivals_; ///< no more than the table has rows
  std::int64_t first_us_ = 0;     ///< of the first frame
  std::int64_t now_us_ = 0;
  std::unique_ptr<bus::can::port> port_; ///< calls `accept` until it is gone
};

} // namespace voltaic::nodes::cli
