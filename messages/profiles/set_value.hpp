#pragma once

#include "messages/expected.hpp"
#include "messages/profiles/device_profile.hpp"

/// What a device is told where somebody sets a value.
namespace voltaic::messages::profiles {

/// How a set command's integer counts: value = integer * scale + offset.
struct wire_steps {
  double scale = 1;
  double offset = 0;
};

/// The value that goes to the device, in engineering units. Refused outside of what the command
/// allows, and where it is no whole number of a point that has no others (a switch, a mode).
/// Between two steps it is the one that asks for less: rounding never loosens a limit.
[[nodiscard]] expected<double> value_to_send(const command& wanted, double value, wire_steps steps);

/// The same of a command whose value goes as a float: there are no steps.
[[nodiscard]] expected<double> value_to_send(const command& wanted, double value);

} // namespace voltaic::messages::profiles
