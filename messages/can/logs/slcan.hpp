#pragma once

#include <string_view>

#include "messages/can/logs/log_entry.hpp"

/// What serial adapters say (LAWICEL's protocol, slcan): `t1234AABBCCDD`, a line a frame.
namespace voltaic::messages::can {

/// Takes frames of 11 (t) and 29 bits (T, and CANdapter's x), remote ones (r, R), CAN FD without
/// (d, D) and with another bit rate (b, B), with or without four digits of milliseconds within a
/// minute. Answers of the adapter (z, Z, a bell, what it says of itself) are something other.
[[nodiscard]] expected<line_kind> read_slcan(std::string_view line, log_entry& out);

} // namespace voltaic::messages::can
