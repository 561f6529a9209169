#pragma once

#include <string_view>

#include "messages/can/logs/log_entry.hpp"

/// What the daemon socketcand says over TCP: `< frame 123 1680000000.000001 11 22 >`, a message a
/// line.
namespace voltaic::messages::can {

/// Takes received frames (bytes joined or apart), error frames, and what a client sends
/// (`< send 123 2 11 22 >`). Every other message of the daemon is something other.
[[nodiscard]] expected<line_kind> read_socketcand(std::string_view line, log_entry& out);

} // namespace voltaic::messages::can
