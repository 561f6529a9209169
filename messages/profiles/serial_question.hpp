#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/serial/dialect.hpp"

namespace voltaic::messages::profiles {

/// What one place of an answer is.
enum class answer_kind : std::uint8_t {
  skipped, ///< of no meaning here
  count,   ///< how many elements a later place has
  value    ///< elements of a point
};

/// How the bytes of an element are a number.
struct number_form {
  std::uint8_t bytes = 1; ///< 1 to 8; of a text, its letters
  bool is_signed = false;
  bool low_byte_first = false;
  std::uint8_t first_bit = 0; ///< the value is some of its bits only
  std::uint8_t bit_count = 0; ///< 0: all of them
  friend bool operator==(const number_form&, const number_form&) = default;
};

/// One place of an answer's information; they follow one another.
struct answer_item {
  answer_kind kind = answer_kind::skipped;
  number_form form;
  std::uint32_t times = 1;                ///< elements; of a counted place at most
  std::optional<std::uint8_t> counted_by; ///< the answer says how many: by its n-th count
  std::uint32_t less = 0;                 ///< of those, so many stand elsewhere
  bool is_overlaid = false;               ///< stands in the same bytes as the place before
  bool is_optional = false;               ///< the answer may end before it
  std::uint16_t point = 0;
  std::uint32_t index = 0;
  double scale = 1;
  double offset = 0;
  friend bool operator==(const answer_item&, const answer_item&) = default;
};

/// What a device is asked again and again, and what its answer holds.
struct serial_question {
  serial::ask ask;
  std::uint32_t period_ms = 0;
  std::vector<answer_item> answer;
  friend bool operator==(const serial_question&, const serial_question&) = default;
};

/// What sets a value.
struct serial_setting {
  serial::ask order;
  number_form form;
  double scale = 1;
  double offset = 0;
  friend bool operator==(const serial_setting&, const serial_setting&) = default;
};

} // namespace voltaic::messages::profiles
