#pragma once

#include <cstdint>
#include <string>

#include "messages/alarms/alarm_texts.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/points/point_table.hpp"

/// What people and programs read: one JSON object a line.
namespace voltaic::messages::points {

/// `2026-01-31T12:00:00.000000Z`
[[nodiscard]] std::string utc_text(std::int64_t utc_us);

/// One value as text, at the point's resolution, for tables and messages:
/// with every digit of it: `3.300`, `closed`, `-` when there is none.
[[nodiscard]] std::string value_text(const point_state& point, std::size_t element = 0);

/// The values of a point as one text: `3.300`, or the least and the greatest of
/// its good elements, `3.298..3.301`; `-` when there is none.
[[nodiscard]] std::string values_text(const point_state& point);

/// Whether a point ever had a value, so that its age says something.
[[nodiscard]] bool has_age(const point_state& point);

/// A point as `voltaic points --json` prints it, without the line's end.
[[nodiscard]] std::string point_line(const point_state& point, std::int64_t now_utc_us);

/// An event as `voltaic events --json` prints it: with utc, node, boot and id, and with what it
/// means as `text`; with `cause`, `consequence` and `remedy` where they are given. An event that
/// nobody explains has its sentence as text.
[[nodiscard]] std::string event_line(const event& event, std::int64_t utc_us,
                                     const alarms::explanation& words);

/// What an event says, as a sentence for people, without time, kind and subject.
[[nodiscard]] std::string event_sentence(const event& event);

/// An event as `voltaic simulate` prints it: with the time since t=0.
[[nodiscard]] std::string simulated_event_line(const event& event, std::int64_t t_ms);

} // namespace voltaic::messages::points
