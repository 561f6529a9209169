#pragma once

#include <string>

#include "messages/can/logs/log_entry.hpp"
#include "messages/j1939/log_traffic.hpp"
#include "messages/j1939/reported_signal.hpp"

namespace voltaic::messages::j1939 {

/// What came with a frame of a log as a JSON object, without the line's end (docs/j1939.md).
void append_json_line(std::string& out, const can::log_entry& entry, const heard& one,
                      const signal_source& source);

} // namespace voltaic::messages::j1939
