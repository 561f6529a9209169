#pragma once

#include <cstdint>
#include <vector>

#include "messages/dbc/database.hpp"

namespace voltaic::messages::dbc {

/// Where each bit of a signal lies in its message, the most significant first; bit k is of
/// byte k / 8 and weighs 2 to the power of k mod 8 there.
[[nodiscard]] std::vector<std::uint32_t> bits_of(const signal& one);

/// Bytes that a message must have for the signal to be in it.
[[nodiscard]] std::uint32_t bytes_needed(const signal& one);

/// Bytes of the message that hold bits of it, and those between.
[[nodiscard]] std::uint32_t bytes_spanned(const signal& one);

/// Whether both signals of the message can be there at once.
[[nodiscard]] bool can_meet(const message& in, const signal& one, const signal& other);

} // namespace voltaic::messages::dbc
