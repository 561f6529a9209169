#pragma once

#include <string>
#include <string_view>

#include "messages/can/logs/log_entry.hpp"

/// What is the same in a line about a logged frame, whoever decodes it.
namespace voltaic::messages::can {

/// `{"t":1953.613500,"bus":"bus0","id":"0x595","extended":false,` of an entry.
void append_json_head(std::string& out, const log_entry& entry, std::string_view bus_json);
/// What is special about the frame, its bytes where they are not decoded, `error` unless it
/// is empty, and the closing bracket.
void append_json_tail(std::string& out, const log_entry& entry, bool is_decoded,
                      std::string_view error);

/// Time, bus, identifier and the message's name as columns.
void append_text_head(std::string& out, const log_entry& entry, std::string_view bus,
                      std::string_view message, std::size_t message_width);
/// As that of JSON.
void append_text_tail(std::string& out, const log_entry& entry, bool is_decoded,
                      std::string_view error);

} // namespace voltaic::messages::can
