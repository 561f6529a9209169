#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nodes/view/controls.hpp"
#include "nodes/view/picture.hpp"
#include "nodes/view/screen.hpp"

/// The parts of the screen, each as wide as it is told and at most as long.
namespace voltaic::nodes::view {

/// Where a part is drawn.
struct paper {
  int columns = 80;
  const glyphs* signs = nullptr;
};

/// `── alarms ─────────`
[[nodiscard]] line rule_line(const paper& on, std::string_view title, style look = style::strong);

/// The bar on top: site, failed processes, racks with alarms, whether it is paused, the time.
[[nodiscard]] line title_line(const paper& on, const picture& of, const choice& chosen);
/// Two lines: what all racks are together.
[[nodiscard]] std::vector<line> system_lines(const paper& on, const picture& of);

/// Heading and one line a rack, so that the chosen one is among them.
[[nodiscard]] std::vector<line> rack_lines(const paper& on, const picture& of, std::size_t chosen,
                                           std::size_t lines);
/// A rule with the scale, the strip in `strip_lines`, extremes and limits.
[[nodiscard]] std::vector<line> detail_lines(const paper& on, const rack_picture& rack,
                                             int strip_lines);
/// Lines of `detail_lines` beside the strip.
inline constexpr int detail_lines_more = 3;

/// Rule and one line an alarm; what does not fit is counted. Below that of the chosen rack, else
/// below the worst, what it means and what to do, as far as there is room.
[[nodiscard]] std::vector<line> alarm_lines(const paper& on, const std::vector<alarm>& alarms,
                                            std::size_t lines, std::string_view chosen_rack);
/// How many lines all of that takes.
[[nodiscard]] std::size_t alarm_lines_wanted(const paper& on, const std::vector<alarm>& alarms,
                                             std::string_view chosen_rack);
/// Rule, and each alarm with what it means, why it may be, what follows and what to do.
[[nodiscard]] std::vector<line> explained_alarm_lines(const paper& on,
                                                      const std::vector<alarm>& alarms);
/// Rule and one line a device.
[[nodiscard]] std::vector<line> equipment_lines(const paper& on, const picture& of,
                                                std::size_t lines);
/// Rule and heading, processes on the left and links on the right.
[[nodiscard]] std::vector<line> machinery_lines(const paper& on, const picture& of,
                                                std::size_t lines);
/// On the overview an event has room for its rack, its code and its value also at 80 columns.
inline constexpr std::size_t overview_event_lines = 2;
/// Rule and the newest events, at most `overview_event_lines` each, the last one on top.
[[nodiscard]] std::vector<line> event_lines(const paper& on, const picture& of, std::size_t lines);
/// Rule and all events in the same order, long ones on several lines.
[[nodiscard]] std::vector<line> all_event_lines(const paper& on, const picture& of);

/// Every process with everything that is known of it, then every link.
[[nodiscard]] std::vector<line> all_machinery_lines(const paper& on, const picture& of);
/// What the keys do.
[[nodiscard]] std::vector<line> help_lines(const paper& on, const std::string& quit_means);

/// "and 3 more" where a list was cut.
[[nodiscard]] line more_row(const paper& on, std::size_t more);

/// By its level.
[[nodiscard]] style look_of(const alarm& what);
/// `12:00:01` of a time.
[[nodiscard]] std::string clock_text(std::int64_t utc_us);
/// With so many digits behind the point; `-` where there is none.
[[nodiscard]] std::string text_of(const number& value, int decimals);

} // namespace voltaic::nodes::view
