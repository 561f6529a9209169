#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bus/can/port.hpp"
#include "messages/can/frame.hpp"

namespace voltaic::bus::can {

/// A controller's error counters (ISO 11898-1): warning from 96 on, error passive above 127,
/// bus-off above 255 of `transmit`.
struct error_counters {
  std::uint16_t transmit = 0;
  std::uint16_t receive = 0;
  friend bool operator==(const error_counters&, const error_counters&) = default;
};

/// What one error frame of the kernel says (linux/can/error.h). Several may hold at once.
struct error_report {
  /// Which the controller took, where the frame tells: the worse of its two sides.
  std::optional<controller_state> state;
  std::optional<error_counters> counters;
  bool receiving_suffers = false;   ///< its counter of receive errors is at warning or beyond
  bool sending_suffers = false;     ///< the same of transmit errors
  bool restarted = false;           ///< after bus-off, by somebody's order
  bool no_acknowledgement = false;  ///< nobody else on the bus took a frame of ours
  bool transmit_timeout = false;    ///< a frame of ours never got away
  bool arbitration_lost = false;    ///< no error: somebody more urgent spoke first
  bool controller_overflow = false; ///< the controller lost received frames
  bool transceiver = false;         ///< it reports a fault of the wires
  /// The signal was unreadable in a way that noise, or another bitrate, makes: stuffing, form,
  /// CRC or single bits.
  bool distorted = false;
  bool bus_error = false; ///< the controller counts it as an error on the wires
  friend bool operator==(const error_report&, const error_report&) = default;
};

/// Of a frame whose `error` is set. Pure; bytes that it lacks say nothing.
[[nodiscard]] error_report read_error_frame(const messages::can::frame& error);

/// All that it says, in the words of the field: "bus error: stuff error in data, while
/// receiving". Never empty.
[[nodiscard]] std::string describe_error_frame(const messages::can::frame& error);

} // namespace voltaic::bus::can
