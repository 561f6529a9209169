#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "messages/canopen/eds_literal.hpp"
#include "messages/profiles/device_profile.hpp"

/// Numbers of an EDS as a profile has them.
namespace voltaic::messages::canopen {

/// A profile's narrowest type that holds so many bits of the type.
[[nodiscard]] profiles::raw_type raw_type_of(data_type type, std::uint32_t bits);

/// All that so many bits of an integer type can say.
[[nodiscard]] profiles::value_range wire_range(data_type type, std::uint32_t bits);

/// Nothing: there is none, or it is no number.
[[nodiscard]] std::optional<double> number_of(const std::optional<eds_value>& value,
                                              std::uint8_t node);

/// Whole where it is: 5 and not 5.0.
[[nodiscard]] nlohmann::ordered_json number_json(double value);

} // namespace voltaic::messages::canopen
