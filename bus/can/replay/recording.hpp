#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/expected.hpp"

namespace voltaic::bus::can {

/// A longer file is refused unread.
inline constexpr std::size_t recording_bytes_max = std::size_t{512} * 1024 * 1024;

/// The frames of one bus of a log file. `time_us` counts from the file's first
/// frame, whatever its bus, and never falls.
struct recording {
  std::vector<messages::can::frame> frames;
  std::int64_t span_us = 0; ///< up to the file's last frame, whatever its bus
};

/// Reads a log in any format that `messages/can/logs` knows and that carries
/// times. `bus` is the log's bus number or interface name; empty takes the only
/// one. Failures name the place.
[[nodiscard]] messages::expected<recording> load_recording(const std::string& path,
                                                           const std::string& bus);

} // namespace voltaic::bus::can
