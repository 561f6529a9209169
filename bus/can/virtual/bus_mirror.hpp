#pragma once

#include <memory>
#include <span>
#include <string>

#include "bus/can/file_descriptor.hpp"
#include "bus/can/port.hpp"
#include "bus/can/virtual/packet.hpp"
#include "bus/can/virtual/virtual_bus.hpp"

namespace voltaic::bus::can {

/// What a port hears and sends, for listeners of this machine: a virtual bus on which it alone
/// speaks. For a bus that has one listener by its nature, as one over Ethernet. What others send
/// on it reaches nobody but listeners.
class bus_mirror {
 public:
  /// Nothing where it cannot be had: without a runtime folder, or where the socket cannot be made.
  /// The bus itself does without.
  [[nodiscard]] static std::unique_ptr<bus_mirror> start(const port_options& of);

  /// Hands listeners copies, if there are any. Never blocks: what finds no room is lost to them.
  void show(std::span<const messages::can::frame> frames);

 private:
  bus_mirror(std::unique_ptr<virtual_bus> bus, file_descriptor way)
      : bus_(std::move(bus)), way_(std::move(way)) {}
  std::unique_ptr<virtual_bus> bus_;
  file_descriptor way_; ///< onto it
  packet outgoing_;
};

/// How a listener opens the mirror of a port that is opened by these options.
[[nodiscard]] port_options mirror_of(port_options of);

} // namespace voltaic::bus::can
