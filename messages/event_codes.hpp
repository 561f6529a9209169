#pragma once

/// Codes of events about the system itself, as people and tools look for them.
namespace voltaic::messages::event_codes {

/// Too many restarts: it is not started again.
inline constexpr const char* restart_budget = "RESTART_BUDGET";
/// A message that ended an actor repeatedly was put aside.
inline constexpr const char* poison = "POISON";

} // namespace voltaic::messages::event_codes
