#pragma once

#include "messages/codec/payloads.hpp"

namespace voltaic::nodes::view {

/// Adds what one more node sees of a bus. Each of them sees what the others
/// send; its own sending and its own losses are its alone.
void add(messages::bus_health& known, const messages::bus_health& other);

} // namespace voltaic::nodes::view
