#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nodes/view/screen.hpp"
#include "nodes/view/series.hpp"

namespace voltaic::nodes::view {

/// What is plotted, in words.
struct plot_subject {
  std::string point; ///< as it was asked for
  std::string unit;
  int decimals = 0;      ///< of the point
  bool is_array = false; ///< three lines: least, average, greatest element
  std::int64_t begin_utc_us = 0;
};

/// The values that a plot reaches from and to: those of the series with a margin.
struct plot_range {
  double lowest = 0;
  double highest = 0;
};
/// A series that stands still is given room on both sides.
[[nodiscard]] plot_range range_of(const series& of);

/// Heading, curve and axes as lines of text. Pure.
[[nodiscard]] std::vector<line> plot_lines(const series& of, const plot_subject& about, size screen,
                                           bool ascii);
/// The same as a picture. Pure.
[[nodiscard]] std::string plot_svg(const series& of, const plot_subject& about);

/// `3.298 to 3.301, average 3.300 V, 600 values in 60 s from 12:00:00 UTC`
[[nodiscard]] std::string summary_of(const series& of, const plot_subject& about,
                                     const glyphs& signs);

} // namespace voltaic::nodes::view
