#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "messages/can/frame.hpp"

/// SYNC and TIME.
namespace voltaic::messages::canopen {

/// SYNC: with a counter of 1 to 240, or without data (CiA 301, 7.2.5).
struct sync_said {
  std::optional<std::uint8_t> counter;
};

/// Nothing: more than a byte, or a counter that is none.
[[nodiscard]] std::optional<sync_said> read_sync(std::span<const std::uint8_t> payload);
[[nodiscard]] can::frame make_sync(std::optional<std::uint8_t> counter);
/// The counter after `last` where it runs to `overflow` (object 1019).
[[nodiscard]] std::uint8_t next_sync_counter(std::uint8_t last, std::uint8_t overflow);

/// A TIME stamp counts from 1984-01-01 (CiA 301, 7.1.6.5); seconds from 1970-01-01 to it.
inline constexpr std::int64_t time_of_day_epoch_s = 441'763'200;

/// Microseconds since 1970-01-01 of a TIME stamp, in whole milliseconds. Nothing: not 6 bytes,
/// or a millisecond beyond midnight.
[[nodiscard]] std::optional<std::int64_t> read_time(std::span<const std::uint8_t> payload);
/// Nothing where the time lies before 1984 or beyond the 65,536 days that it can hold.
[[nodiscard]] std::optional<can::frame> make_time(std::int64_t utc_us);

} // namespace voltaic::messages::canopen
