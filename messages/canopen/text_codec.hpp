#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voltaic::messages::canopen {

/// VISIBLE_STRING up to its first zero (CiA 301, 7.1.6.2).
[[nodiscard]] std::string visible_text(std::span<const std::uint8_t> data);
/// UNICODE_STRING, 16 bits a character (CiA 301, 7.1.6.4), up to its first zero, as UTF-8.
[[nodiscard]] std::string unicode_text(std::span<const std::uint8_t> data);
/// The other way; what is no UTF-8 becomes U+FFFD.
[[nodiscard]] std::vector<std::uint8_t> unicode_bytes(std::string_view utf8);

} // namespace voltaic::messages::canopen
