#include "messages/duration_text.hpp"

#include <fmt/format.h>

namespace voltaic::messages {

std::string duration_text(std::uint64_t milliseconds) {
  constexpr std::uint64_t second_ms = 1'000;
  constexpr std::uint64_t minute_ms = 60 * second_ms;
  if (milliseconds > 0 && milliseconds % minute_ms == 0) {
    return fmt::format("{}m", milliseconds / minute_ms);
  }
  if (milliseconds % second_ms == 0) return fmt::format("{}s", milliseconds / second_ms);
  return fmt::format("{}ms", milliseconds);
}

} // namespace voltaic::messages
