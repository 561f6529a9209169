#pragma once

namespace voltaic::bus::control {

/// Names the file descriptor on which a started process says that it is ready.
inline constexpr const char* ready_variable = "VOLTAIC_READY_FD";

/// Tells the process that started this one that it is ready; without one that
/// wants to know, nothing happens. Says it once.
void notify_ready();

} // namespace voltaic::bus::control
