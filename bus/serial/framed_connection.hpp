#pragma once

#include <functional>
#include <memory>

#include "bus/modbus/connection.hpp"

/// Plain RS-485: frames that a profile describes, on a serial port. The line that asks, with its
/// schedule, retries and counters, is that of `bus/modbus`; here is only how a request and its
/// answer travel.
namespace voltaic::bus::serial {

/// Frames of each unit's own dialect. Answers that nobody waits for are drained before each
/// request, an echo of what was sent is passed over, and what another master asks is known as such.
/// `pulse` is called at least each `pulse_ms` while an answer is waited for.
[[nodiscard]] std::unique_ptr<modbus::connection> make_framed_connection(
    const modbus::line_options& options, std::function<void()> pulse);

/// No wait is longer without a pulse.
inline constexpr int pulse_ms = 10;

} // namespace voltaic::bus::serial
