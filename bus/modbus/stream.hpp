#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>

#include "bus/modbus/line.hpp"

namespace voltaic::bus::modbus {

/// A file descriptor that is opened, waited for and closed by one thread, and
/// ended by any.
class stream {
 public:
  stream();
  ~stream();
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// Opens the line's socket or serial port. Empty when open, else why not;
  /// `warning` tells what works only in part.
  [[nodiscard]] std::string open(const line_options& options, std::string& warning);
  void close();
  void abort();
  [[nodiscard]] bool is_aborted() const;
  /// Sends all of it at once; 0, or the number of the error. A peer that has taken
  /// nothing for so long that there is no room is gone.
  [[nodiscard]] int send(std::span<const std::uint8_t> bytes) const;
  /// Waits for bytes; false when none came in time or it was ended.
  [[nodiscard]] bool wait_readable(int timeout_ms) const;
  /// Reads and forgets until nothing came for `quiet_ms`; how many bytes there
  /// were. The whole takes `at_most_ms`.
  [[nodiscard]] std::size_t drain(int quiet_ms, int at_most_ms) const;

 private:
  [[nodiscard]] std::string connect(int descriptor, const line_options& options) const;
  [[nodiscard]] std::string keep(int descriptor);

  mutable std::mutex mutex_; // of descriptor_ against abort, and aborted_
  int descriptor_ = -1;
  int abort_event_ = -1;
  bool aborted_ = false;
};

/// Acknowledgements may be missing this long before TCP gives up.
inline constexpr int user_timeout_ms = 3'000;

/// Whether a serial port can be set to it.
[[nodiscard]] bool is_baud(std::uint32_t baud);
/// Opens and sets up a serial port. Negative: `reason` says why not. Without
/// direction control in the driver it is open, and `warning` says so.
[[nodiscard]] int open_serial(const serial_options& options, std::string& reason,
                              std::string& warning);

} // namespace voltaic::bus::modbus
