#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Which of two values of one limit or setpoint asks for less.
namespace voltaic::messages {

/// Where the tighter values of a point lie.
enum class tighter : std::uint8_t {
  toward_zero, ///< zero, or nearer to it on the same side: currents, powers
  lower,       ///< an upper bound: the voltage up to which is charged
  higher       ///< a lower bound: the voltage down to which is discharged
};
/// "toward_zero", "lower", "higher", as a profile spells them.
[[nodiscard]] std::string_view to_string(tighter side);

/// Whether `a` asks for less than `b`. Across zero neither does where tighter is toward zero:
/// that is another direction. Never true of a value that is no number.
[[nodiscard]] bool is_tighter(double a, double b, tighter side);

/// Which of two has to follow where both stand: as above, and across zero the one that is nearer
/// to it.
[[nodiscard]] bool goes_before(double a, double b, tighter side);

/// What holds of a point of this name everywhere: limits of current, power and voltage. Nothing
/// where a name says nothing of it.
[[nodiscard]] std::optional<tighter> known_tighter(std::string_view point);

/// The same, or what its name makes likely: `..._min` and `minimum_...` are lower bounds,
/// `..._max` and `maximum_...` upper ones; else toward zero.
[[nodiscard]] tighter likely_tighter(std::string_view point);

} // namespace voltaic::messages
