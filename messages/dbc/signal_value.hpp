#pragma once

#include <cstdint>

#include "messages/dbc/database.hpp"

namespace voltaic::messages::dbc {

/// raw * factor + offset; what the bits of a float are is its raw value.
[[nodiscard]] double physical_of(const signal& one, std::uint64_t bits);

} // namespace voltaic::messages::dbc
