#pragma once

#include <string>

#include "messages/dbc/database.hpp"

/// What a database has, for whoever looks for a name: one message after the other, each with its
/// signals.
namespace voltaic::messages::dbc {

/// One JSON object, without the line's end.
void append_json(std::string& out, const message& of);
/// A line of the message and one for each of its signals, for people, each with its end.
void append_text(std::string& out, const message& of);

} // namespace voltaic::messages::dbc
