#pragma once

#include <string_view>

namespace voltaic::messages {

/// The point `rack_N/contactor` of a rack that nothing here can open or close, while nothing
/// tells where its contactors stand.
inline constexpr std::string_view contactor_unknown = "unknown";

/// Whether a rack whose point `contactor` reads this counts as joined to its DC bus: closed,
/// or nobody can tell. What may carry current binds the limits of all.
[[nodiscard]] constexpr bool is_on_bus(std::string_view contactor) {
  return contactor == "closed" || contactor == contactor_unknown;
}

} // namespace voltaic::messages
