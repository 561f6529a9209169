#pragma once

#include <cstdint>
#include <string>

namespace voltaic::messages {

/// A duration as people type it: "500ms", "30s", "5m", in the largest unit that
/// tells it wholly.
[[nodiscard]] std::string duration_text(std::uint64_t milliseconds);

} // namespace voltaic::messages
