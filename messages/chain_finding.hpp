#pragma once

namespace voltaic::messages {

/// The kind of an event that one member of a rack's chain says inside its node to protection,
/// which records it as an alarm of its own. Nobody else hears it, and no journal has it.
inline constexpr const char* kind_finding = "finding";

} // namespace voltaic::messages
