#pragma once

#include <string_view>

#include "messages/can/logs/log_entry.hpp"

/// The text of python-can's messages, as its Printer and its logger print them.
namespace voltaic::messages::can {

/// Takes "Timestamp: 132.072247  ID: 0241  S Rx  DL: 8  00 07 ... 'text'  Channel: can0".
[[nodiscard]] expected<line_kind> read_python_can(std::string_view line, log_entry& out);

} // namespace voltaic::messages::can
