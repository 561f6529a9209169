#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace voltaic::messages {

/// FNV-1a of 64 bits (Fowler, Noll, Vo): tells one content from another, the same on every machine
/// and in every build; no proof against forgery. What it is of nothing:
inline constexpr std::uint64_t digest_basis = 0xCBF2'9CE4'8422'2325u;

/// A digest goes on with one byte more.
[[nodiscard]] constexpr std::uint64_t digest_with(std::uint64_t digest, std::uint8_t byte) {
  constexpr std::uint64_t prime = 0x0000'0100'0000'01B3u;
  return (digest ^ byte) * prime;
}

[[nodiscard]] constexpr std::uint64_t digest_of(std::string_view text) {
  std::uint64_t digest = digest_basis;
  for (const char each : text) digest = digest_with(digest, static_cast<std::uint8_t>(each));
  return digest;
}
[[nodiscard]] constexpr std::uint64_t digest_of(std::span<const std::byte> bytes) {
  std::uint64_t digest = digest_basis;
  for (const auto each : bytes) digest = digest_with(digest, std::to_integer<std::uint8_t>(each));
  return digest;
}

} // namespace voltaic::messages
