#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "messages/codec/payloads.hpp"
#include "messages/profiles/device_profile.hpp"

/// What every device says in the same way, whatever wire it is on: its points as
/// others see them, their values, and when these are too old.
namespace voltaic::messages::profiles {

/// A value is stale after this, or after 1.5 of its period if that is longer.
inline constexpr std::int64_t stale_after_min_us = 300'000;
/// Age beyond which a value of this period is stale.
[[nodiscard]] std::int64_t stale_after_us(std::int64_t period_us);

/// A point of the profile as the catalogue has it. `subject` is whose point it
/// is, a rack or the device itself; the channel always carries the device's name.
[[nodiscard]] point_description describe(const device_profile& profile, const point& described,
                                         const std::string& subject, const std::string& device);

/// Values of one point in the representation of its type: from `real` if that
/// is f64, else from `raw`. A value that is no number is 0: it travels as its
/// quality.
[[nodiscard]] decltype(block::values) values_of(const point& shape,
                                                std::span<const std::int64_t> raw,
                                                std::span<const double> real);

} // namespace voltaic::messages::profiles
