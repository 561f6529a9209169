#pragma once

#include <string_view>

#include "bus/message/relay_state.hpp"

namespace voltaic::actors::runtime {

/// With a node's name before it, the source of what that node's bus says itself.
inline constexpr std::string_view bounce_suffix = "/bus";

/// Whether an answer of this source comes from the way, not from who was asked:
/// the command that it answers did not arrive. Of earlier tries it says nothing.
[[nodiscard]] constexpr bool is_from_the_way(std::string_view source) {
  return source == bus::message::relay_source || source.ends_with(bounce_suffix);
}

} // namespace voltaic::actors::runtime
