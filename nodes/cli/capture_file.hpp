#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bus/message/record/capture_store.hpp"
#include "messages/codec/codec.hpp"
#include "messages/expected.hpp"
#include "messages/points/point_table.hpp"

namespace voltaic::nodes::cli {

/// What a capture says of itself.
struct capture_summary {
  bus::message::stored_capture file;
  std::int64_t fault_us = 0;             ///< source time of its first fault, monotonic
  std::int64_t fault_utc_us = 0;         ///< the same for people
  std::int64_t before_us = 0;            ///< what there is before it
  std::int64_t after_us = 0;             ///< and after it
  std::vector<messages::message> faults; ///< events of the levels and contactors that failed
};

/// Reads a capture from its beginning to its end.
[[nodiscard]] messages::expected<capture_summary> summarise(
    const bus::message::stored_capture& file);

/// Everything that was said at one instant, and what is known then.
struct capture_row {
  std::int64_t after_fault_us = 0; ///< below zero: before it
  std::int64_t utc_us = 0;
  const std::vector<messages::points::point_state>& points; ///< that are asked for
  const std::vector<messages::message>& events;
};

/// Reads a capture instant by instant. `patterns`: whose points; none: all. Fails where the file
/// cannot be read, or has no point that a pattern is for; a torn end ends it. Every row has the
/// same points in the same order.
[[nodiscard]] messages::expected<bool> read_rows(
    const capture_summary& of, const std::vector<std::string>& patterns,
    const std::function<void(const capture_row& row)>& take);

} // namespace voltaic::nodes::cli
