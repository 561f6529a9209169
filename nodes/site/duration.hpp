#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace voltaic::nodes {

/// Milliseconds of `500ms`, `20s`, `5m`, `2h`; a fraction (`1.5s`) is allowed.
/// Anything else, also a bare number, is none.
[[nodiscard]] std::optional<std::uint64_t> parse_duration_ms(std::string_view text);

} // namespace voltaic::nodes
