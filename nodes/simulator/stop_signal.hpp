#pragma once

#include <sys/types.h>

#include <cstdint>

#include "bus/can/file_descriptor.hpp"

namespace voltaic::nodes::simulator {

/// Waits for SIGTERM, SIGINT or the end of another process. Made before any
/// thread: it blocks the signals, and threads inherit that.
class stop_signal {
 public:
  /// `parent` 0: nobody to outlive.
  explicit stop_signal(pid_t parent);
  /// True once it is time to stop; false after `timeout_ms` (-1: for ever).
  [[nodiscard]] bool wait(int timeout_ms = -1);

 private:
  bus::can::file_descriptor signals_;
  bus::can::file_descriptor parent_;
  bool orphan_ = false; ///< the parent ended before this process looked
};

} // namespace voltaic::nodes::simulator
