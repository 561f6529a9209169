#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "bus/can/port.hpp"
#include "messages/canopen/fast_scan.hpp"
#include "messages/canopen/node_census.hpp"
#include "messages/canopen/sdo_client.hpp"
#include "messages/expected.hpp"

namespace voltaic::nodes::cli {

/// A CAN bus that a person asks by CANopen, beside a site or without one. Of one thread.
class canopen_bus {
 public:
  /// Fails as `open_port` does, and where the bus is not there within a second.
  [[nodiscard]] static messages::expected<std::unique_ptr<canopen_bus>> open(
      bus::can::port_options options);

  /// Who is there.
  [[nodiscard]] messages::canopen::node_census take_census(
      const messages::canopen::node_census::options& how);
  /// What a transfer needs beside its client.
  struct transfer {
    std::uint8_t node = 0;
    messages::canopen::object_address of;
    std::optional<messages::canopen::object_bytes> data; ///< to write; nothing: it is read
    messages::canopen::sdo_way way = messages::canopen::sdo_way::segments;
    std::int64_t timeout_us = 0; ///< of each answer
    /// Called every two seconds with the bytes that were sent so far; may be empty.
    std::function<void(std::size_t bytes)> progress = {};
  };
  [[nodiscard]] messages::canopen::sdo_outcome run(const transfer& what);

  /// Sends LSS frames and waits for the answer to the last. Nothing: none came.
  [[nodiscard]] std::optional<messages::canopen::lss::answer> ask_lss(
      std::span<const messages::can::frame> frames, messages::canopen::lss::command answer,
      std::int64_t timeout_us);
  /// One that nobody answers.
  void tell(const messages::can::frame& frame);
  [[nodiscard]] messages::canopen::lss::fast_scan scan_fast(std::int64_t answer_us);

 private:
  canopen_bus() = default;
  void accept(bus::can::batch&& said);
  /// The next frame that came, waiting for it at most until then.
  [[nodiscard]] std::optional<messages::can::frame> receive(std::int64_t until_us);
  void forget_heard();

  std::uint32_t bitrate_ = 0;
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<messages::can::frame> heard_; ///< the newest `heard_max`
  std::unique_ptr<bus::can::port> port_;   ///< calls `accept` until it is gone
};

} // namespace voltaic::nodes::cli
