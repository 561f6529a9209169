#pragma once

#include <optional>

#include "messages/codec/payloads.hpp"

/// The one number of a block that says a single value.
namespace voltaic::messages::points {

/// How the raw number of a point becomes its value.
struct number_scale {
  double scale = 1;
  double offset = 0;
  bool is_signed = false; ///< words are 16 bits with a sign
  friend bool operator==(const number_scale&, const number_scale&) = default;
};
[[nodiscard]] number_scale scale_of(const point_description& of);

/// In the point's unit, whatever its quality; nothing where the block begins behind the first
/// element, holds none or a text, or the number is not finite.
[[nodiscard]] std::optional<double> first_number(const block& from, const number_scale& by);

/// The same where it may be acted on: neither the block nor its first element is worse than
/// uncertain.
[[nodiscard]] std::optional<double> good_number(const block& from, const number_scale& by);

} // namespace voltaic::messages::points
