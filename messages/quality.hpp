#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace voltaic::messages {

/// How far a value may be trusted, ordered from best to worst.
enum class quality : std::uint8_t { good, uncertain, stale, invalid, never };

/// The worse of two qualities; an aggregate inherits the worst of its members.
[[nodiscard]] constexpr quality worst(quality a, quality b) {
  return std::max(a, b);
}

/// As people and programs read it: "stale".
[[nodiscard]] constexpr std::string_view to_string(quality value) {
  switch (value) {
    case quality::good:
      return "good";
    case quality::uncertain:
      return "uncertain";
    case quality::stale:
      return "stale";
    case quality::invalid:
      return "invalid";
    case quality::never:
      return "never";
  }
  return "invalid";
}

} // namespace voltaic::messages
