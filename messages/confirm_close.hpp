#pragma once

#include <string_view>

/// The question of a rack's contactors, just before they close: do the other racks of its DC bus
/// and its inverter allow it now? Only the dispatcher hears those, so it is asked, on the plane of
/// commands. The answer is `done`, or `rejected` with the reasons; nothing acts by it.
namespace voltaic::messages {

inline constexpr std::string_view confirm_close = "confirm_close";
/// Who is asked.
inline constexpr std::string_view dispatcher_actor = "command";

} // namespace voltaic::messages
