#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "messages/dbc/database.hpp"
#include "messages/expected.hpp"

namespace voltaic::messages::dbc {

/// What a payload says of one signal.
struct reading {
  std::uint32_t signal = 0; ///< position in `message::signals`
  std::uint64_t bits = 0;   ///< as they stand, in the lowest `length` bits
  double value = 0;         ///< physical
};

/// A number, physical or raw, or a word of the signal's table. 64 bits fit exactly.
using given_value = std::variant<long double, std::string>;
/// A signal by its name and what it is to be.
using given_signal = std::pair<std::string, given_value>;

/// How a payload is made.
struct encoding {
  bool are_raw = false;      ///< numbers are raw, not physical
  bool padding_ones = false; ///< of bits that belong to no signal
};

/// The signals that are there and lie wholly in the payload, in the order of the message: a
/// shorter payload says less, a longer one no more. Fails on a selector with a value for
/// which the message has no signals.
[[nodiscard]] expected<std::vector<reading>> decode(const message& by,
                                                    std::span<const std::uint8_t> payload);

/// The payload in the message's length. What is not given takes its start value
/// (GenSigStartValue, raw). Fails on names that the message does not have or that its
/// selectors leave out, on what has neither value nor start value, on words that no table
/// has, on selectors without signals, and on numbers outside of the signal's limits or bits.
[[nodiscard]] expected<std::vector<std::uint8_t>> encode(const message& by,
                                                         const std::vector<given_signal>& given,
                                                         const encoding& how);

/// A number that no raw value of its signal says exactly, and the one that is sent instead.
struct rounded_number {
  std::uint32_t signal = 0; ///< position in `message::signals`
  double asked = 0;         ///< physical or raw, as it was given
  double sent = 0;          ///< in the same
  double step = 0;          ///< between two that can be said; 0: of IEEE 754, not evenly spaced
};

/// Those of the numbers given that `payload`, which `encode` made of them, says rounded.
[[nodiscard]] std::vector<rounded_number> rounded_numbers(const message& by,
                                                          const std::vector<given_signal>& given,
                                                          const encoding& how,
                                                          std::span<const std::uint8_t> payload);

/// The integer of a signal that is none of IEEE 754, in its sign; of 64 unsigned bits those
/// that fit.
[[nodiscard]] std::int64_t integer_of(const signal& one, std::uint64_t bits);
/// What those bits are called; empty without a word.
[[nodiscard]] std::string_view text_of(const signal& one, std::uint64_t bits);
/// Raw and physical value as JSON numbers: exact where they are whole, `null` where they are
/// none.
[[nodiscard]] std::string raw_json(const signal& one, std::uint64_t bits);
[[nodiscard]] std::string value_json(const signal& one, const reading& of);

} // namespace voltaic::messages::dbc
