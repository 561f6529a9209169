#pragma once

#include <string>
#include <vector>

#include "nodes/view/picture.hpp"
#include "nodes/view/screen.hpp"

namespace voltaic::nodes::view {

/// The values that the lowest and the highest sign of a strip stand for.
struct strip_scale {
  double lowest = 0;
  double highest = 0;
  friend bool operator==(const strip_scale&, const strip_scale&) = default;
};

/// Cells that differ by less are shown as nearly equal: noise is no picture.
inline constexpr double strip_span_min_v = 0.020;

/// From the least to the greatest good value, at least `strip_span_min_v` wide.
/// Nothing where there is no good value.
[[nodiscard]] std::optional<strip_scale> scale_of(const elements& cells);

/// Lines that show every element with a column of its own, module by module.
[[nodiscard]] int strip_lines_max(const elements& cells, int columns);

/// All elements in at most `lines` lines, whole modules side by side. Where a
/// column stands for several elements it shows the one that is farthest from the
/// median of all, so that nothing that stands out is lost; `?` for one that is
/// not good.
[[nodiscard]] std::vector<line> cell_strip(const elements& cells, int columns, int lines,
                                           const glyphs& signs);

/// `3.290 ▁▂▃▄▅▆▇█ 3.310 V`
void put_scale(row& into, const strip_scale& scale, const glyphs& signs);

} // namespace voltaic::nodes::view
