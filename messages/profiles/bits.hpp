#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "messages/profiles/device_profile.hpp"

/// Where a bit field lies in eight bytes: those of a classic frame, or a window of a longer
/// message. Read as one little-endian word an intel field is contiguous, read as one big-endian
/// word a motorola field is.
namespace voltaic::messages::profiles {

static_assert(std::endian::native == std::endian::little, "words are loaded as they lie");

/// A window is one word of this many bits.
inline constexpr unsigned word_bits = 64;

/// The word with its bytes the other way round.
[[nodiscard]] constexpr std::uint64_t swap_bytes(std::uint64_t word) {
  return __builtin_bswap64(word);
}

/// Eight bytes of any alignment as a little-endian word.
[[nodiscard]] inline std::uint64_t load_word(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

/// Ones in the lowest `length` bits.
[[nodiscard]] constexpr std::uint64_t low_mask(unsigned length) {
  return length >= word_bits ? ~0ull : (1ull << length) - 1;
}

/// Bits from the start of the frame to the end of the field, in its own order.
[[nodiscard]] constexpr unsigned end_bit(const bit_field& field) {
  if (field.order == bit_order::intel) return field.start + unsigned{field.length};
  return (field.start / 8u) * 8u + 7u - field.start % 8u + field.length;
}

/// A field in the eight bytes that hold it.
struct placed_field {
  std::uint16_t window = 0; ///< the first of them
  bit_field bits;           ///< as it lies in those
};
/// Those of a message of so many bytes: never beyond its end, unless it has less than eight.
[[nodiscard]] constexpr placed_field place(bit_field field, unsigned message_bytes) {
  const unsigned last = message_bytes > 8u ? message_bytes - 8u : 0u;
  const unsigned window = field.start / 8u < last ? field.start / 8u : last;
  field.start = static_cast<std::uint16_t>(field.start - window * 8u);
  return {static_cast<std::uint16_t>(window), field};
}

/// How far to shift the field's word right. `end_bit` must not exceed 64.
[[nodiscard]] constexpr unsigned word_shift(const bit_field& field) {
  return field.order == bit_order::intel ? field.start : word_bits - end_bit(field);
}

/// The field's bits in the little-endian word. `end_bit` must not exceed 64.
[[nodiscard]] constexpr std::uint64_t occupied_bits(const bit_field& field) {
  const std::uint64_t mask = low_mask(field.length) << word_shift(field);
  return field.order == bit_order::intel ? mask : swap_bytes(mask);
}

/// The number that the lowest `length` bits are in two's complement; 1 to 64 of them.
[[nodiscard]] constexpr std::int64_t sign_extend(std::uint64_t bits, unsigned length) {
  const unsigned unused = word_bits - length;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

/// The integers that a field can hold; of 64 unsigned bits those that an int64 can.
[[nodiscard]] constexpr std::pair<std::int64_t, std::int64_t> integer_range(signal_type type,
                                                                            unsigned length) {
  if (type == signal_type::signed_integer) {
    const auto maximum = static_cast<std::int64_t>(low_mask(length - 1));
    return {-maximum - 1, maximum};
  }
  if (length >= word_bits) return {0, std::numeric_limits<std::int64_t>::max()};
  return {0, static_cast<std::int64_t>(low_mask(length))};
}

} // namespace voltaic::messages::profiles
