#pragma once

#include "messages/protection/limits_notes.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::messages::protection {

/// One level of a candidate as a file states it. Of a level that the candidate has already what is
/// stated replaces what it had; a new one has to be whole, and takes its place by its height.
void read_level(level which, const toml::key& key, const toml::node& value, candidate& watched,
                limits_notes& notes);

} // namespace voltaic::messages::protection
