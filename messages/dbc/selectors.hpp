#pragma once

#include <cstdint>
#include <string>

#include "messages/dbc/database.hpp"

namespace voltaic::messages::dbc {

[[nodiscard]] bool selects(const multiplexing& when, std::int64_t value);

/// Whether a selector has signals or a word for the value, or no signals for any.
[[nodiscard]] bool selects_something(const message& in, std::uint32_t selector, std::int64_t value);

/// Words for a value for which it has none, with those for which it has.
[[nodiscard]] std::string unknown_selector(const message& in, std::uint32_t selector,
                                           std::int64_t value);

} // namespace voltaic::messages::dbc
