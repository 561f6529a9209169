#include "messages/dbc/bit_field.hpp"

#include "messages/dbc/places.hpp"

namespace voltaic::messages::dbc {

namespace {
constexpr std::uint32_t byte_bits = 8;
}

std::uint64_t take_bits(const signal& one, std::span<const std::uint8_t> payload) {
  std::uint64_t bits = 0;
  for (const auto at : bits_of(one))
    bits = bits << 1 | ((payload[at / byte_bits] >> (at % byte_bits)) & 1u);
  return bits;
}

void put_bits(const signal& one, std::uint64_t bits, std::span<std::uint8_t> payload) {
  const auto places = bits_of(one);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto at = places[places.size() - 1 - i];
    const auto mask = static_cast<std::uint8_t>(1u << (at % byte_bits));
    auto& byte = payload[at / byte_bits];
    byte = static_cast<std::uint8_t>((bits >> i & 1u) != 0 ? byte | mask : byte & ~mask);
  }
}

} // namespace voltaic::messages::dbc
