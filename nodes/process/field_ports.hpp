#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bus/can/port.hpp"
#include "bus/digital/port.hpp"
#include "bus/modbus/line.hpp"
#include "messages/codec/payloads.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// Opens a bus: the real thing, or a simulated one.
using port_opener = std::function<messages::expected<std::unique_ptr<bus::can::port>>(
    const bus::can::port_options&, bus::can::batch_handler)>;
using line_opener = std::function<messages::expected<std::unique_ptr<bus::modbus::line>>(
    const bus::modbus::line_options&, bus::modbus::poll_handler, bus::modbus::write_handler)>;

/// A node's buses and lines. Actors hold their sides of them before anything
/// is open and after it is closed: what they send then is refused, not lost.
class field_ports {
 public:
  /// A way to send on a bus, opened or not. Valid longer than this object.
  [[nodiscard]] std::function<bus::can::send_result(const messages::can::frame&)> sender(
      const std::string& bus_name);
  [[nodiscard]] std::function<bool(bus::modbus::write_request)> writer(
      const std::string& line_name);
  /// A way to drive the outputs of a chip's lines.
  [[nodiscard]] std::function<bool(const std::vector<bool>&)> driver(const std::string& digital);
  /// Answers to writes go back to the unit that asked, with its own token.
  using unit_write_handler = std::function<void(std::uint8_t unit, bus::modbus::write_answer&&)>;

  [[nodiscard]] messages::expected<bool> open_bus(const port_opener& open,
                                                  const bus::can::port_options& options,
                                                  bus::can::batch_handler handler);
  [[nodiscard]] messages::expected<bool> open_line(const line_opener& open,
                                                   const bus::modbus::line_options& options,
                                                   bus::modbus::poll_handler on_poll,
                                                   unit_write_handler on_write);
  /// Opens the chip. Where it cannot be had, that is told as a sample without levels: its
  /// inputs count as active then, and nothing else of the node is stopped by it.
  void open_digital(const site::digital& described, const bus::digital::handler& handler);
  /// Closes everything and joins the threads.
  void close();
  [[nodiscard]] std::vector<messages::bus_health> health() const;
  [[nodiscard]] std::vector<messages::line_health> line_health() const;

 private:
  struct can_slot {
    std::string kind;
    mutable std::mutex mutex;
    std::unique_ptr<bus::can::port> port;
  };
  struct origin {
    std::uint8_t unit = 0;
    std::uint64_t token = 0;
  };
  struct line_slot {
    std::string kind;
    mutable std::mutex mutex;
    std::unique_ptr<bus::modbus::line> line;
    std::map<std::uint64_t, origin> open; ///< writes without an answer, by the line's token
    std::uint64_t next_token = 1;
  };
  struct digital_slot {
    std::mutex mutex;
    std::unique_ptr<bus::digital::port> port;
  };
  std::shared_ptr<digital_slot> digital(const std::string& name);
  std::shared_ptr<can_slot> can(const std::string& name);
  std::shared_ptr<line_slot> line(const std::string& name);

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<can_slot>> buses_;
  std::map<std::string, std::shared_ptr<line_slot>> lines_;
  std::map<std::string, std::shared_ptr<digital_slot>> digitals_;
};

/// How a chip is opened for what the site file says of it.
[[nodiscard]] bus::digital::port_options port_options_of(const site::digital& described);

/// How a port is opened for a bus of a plan.
[[nodiscard]] bus::can::port_options port_options_of(const site::plan& plan,
                                                     const site::can_bus& bus);

/// How somebody else listens to a bus of a plan that runs: as its port does, or by that port where
/// the bus has one listener alone.
[[nodiscard]] bus::can::port_options listening_options_of(const site::plan& plan,
                                                          const site::can_bus& bus);

} // namespace voltaic::nodes::process
