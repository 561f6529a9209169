#pragma once

#include <optional>

#include "messages/inverter/inverter_profile.hpp"

/// What the numbers of an inverter's frames can say: a field of 16 bits in steps of 0.01 V ends at
/// 327.67 V, whatever the battery has.
namespace voltaic::messages::inverter {

/// Both ends can be said.
struct field_range {
  double least = 0;
  double most = 0;
  friend bool operator==(const field_range&, const field_range&) = default;
};

/// Of a number, in its unit.
[[nodiscard]] field_range range_of(const field& of, const wire_options& options);

/// Whether a frame may carry this value: it lies in the field's range, or it is a limit of current
/// or power above it, which as the largest that the field holds only asks less of the battery. A
/// voltage that the battery does not have is never told in place of its own.
[[nodiscard]] bool can_say(const field& of, const wire_options& options, double value);

/// The range that every frame of the profile has for this number; nothing: no frame holds it.
[[nodiscard]] std::optional<field_range> range_of(const inverter_profile& profile,
                                                  const wire_options& options, item which);

} // namespace voltaic::messages::inverter
