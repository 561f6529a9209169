#pragma once

#include <cstdint>
#include <span>

#include "messages/dbc/database.hpp"

namespace voltaic::messages::dbc {

/// The signal's bits of a payload that has all of them, in the lowest bits.
[[nodiscard]] std::uint64_t take_bits(const signal& one, std::span<const std::uint8_t> payload);

/// Puts the lowest bits there; the others of the payload stay.
void put_bits(const signal& one, std::uint64_t bits, std::span<std::uint8_t> payload);

} // namespace voltaic::messages::dbc
