#include "nodes/view/cell_strip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace voltaic::nodes::view {

namespace {

/// Of elements without modules so many stand together.
constexpr std::size_t group_without_modules = 16;

/// How a strip is laid out: modules side by side, each of so many columns.
struct layout {
  std::size_t group = 1; ///< elements in a module
  std::size_t modules = 1;
  std::size_t modules_a_line = 1;
  std::size_t columns = 1; ///< of a module
  std::size_t gap = 0;     ///< between modules
  int label = 0;           ///< columns of what stands in front of each line; 0: nothing
};

std::size_t group_of(const elements& cells) {
  return cells.group_size > 0 ? cells.group_size : group_without_modules;
}

std::size_t divided_up(std::size_t number, std::size_t by) {
  return (number + by - 1) / by;
}

layout lay_out(const elements& cells, int columns, int lines) {
  layout result;
  result.group = group_of(cells);
  result.modules = divided_up(cells.values.size(), result.group);
  if (lines > 1) result.label = static_cast<int>(std::to_string(result.modules).size()) + 2;
  const auto width = static_cast<std::size_t>(std::max(columns - result.label, 1));
  const auto rows = std::min(static_cast<std::size_t>(std::max(lines, 1)), result.modules);
  result.modules_a_line = divided_up(result.modules, rows);
  result.columns = std::clamp<std::size_t>(width / result.modules_a_line, 1, result.group);
  if (result.modules_a_line * (result.columns + 1) <= width + 1) result.gap = 1;
  return result;
}

/// The cells of one column: of `columns` columns of a module the one at `column`.
struct range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

range cells_of(const layout& laid, std::size_t module, std::size_t column, std::size_t count) {
  const auto first = module * laid.group;
  return {std::min(first + column * laid.group / laid.columns, count),
          std::min(first + (column + 1) * laid.group / laid.columns, count)};
}

/// Half of the good cells are lower. There is one.
double median_of(const elements& cells) {
  std::vector<double> good;
  std::ranges::copy_if(cells.values, std::back_inserter(good),
                       [](double value) { return !std::isnan(value); });
  const auto middle = good.begin() + static_cast<std::ptrdiff_t>(good.size() / 2);
  std::ranges::nth_element(good, middle);
  return *middle;
}

/// Draws columns of a rack's cells.
struct pen {
  const elements& cells;
  strip_scale scale;
  double median;
  const glyphs& signs;

  void put(row& into, range which) const {
    if (which.begin == which.end) return;
    double shown = median;
    for (auto i = which.begin; i < which.end; ++i) {
      const double value = cells.values[i];
      if (std::isnan(value)) {
        into.put("?", style::warning);
        return;
      }
      if (std::abs(value - median) >= std::abs(shown - median)) shown = value;
    }
    const double part = (shown - scale.lowest) / (scale.highest - scale.lowest);
    const int level = std::clamp(static_cast<int>(part * heat_levels), 0, heat_levels - 1);
    into.put(signs.levels[level], heat(level));
  }
};

} // namespace

std::optional<strip_scale> scale_of(const elements& cells) {
  std::optional<strip_scale> scale;
  for (const double value : cells.values) {
    if (std::isnan(value)) continue;
    if (!scale) scale = {value, value};
    scale->lowest = std::min(scale->lowest, value);
    scale->highest = std::max(scale->highest, value);
  }
  if (!scale) return scale;
  const double missing = strip_span_min_v - (scale->highest - scale->lowest);
  if (missing > 0) {
    scale->lowest -= missing / 2;
    scale->highest += missing / 2;
  }
  return scale;
}

int strip_lines_max(const elements& cells, int columns) {
  const auto group = group_of(cells);
  const auto modules = divided_up(cells.values.size(), group);
  for (int lines = 1; lines < static_cast<int>(modules); ++lines)
    if (lay_out(cells, columns, lines).columns == group) return lines;
  return std::max(static_cast<int>(modules), 1);
}

std::vector<line> cell_strip(const elements& cells, int columns, int lines, const glyphs& signs) {
  const auto scale = scale_of(cells);
  if (!scale) return {row(columns, signs).put("no cell is heard", style::warning).done()};
  const auto laid = lay_out(cells, columns, lines);
  const pen drawing{cells, *scale, median_of(cells), signs};
  std::vector<line> result;
  for (std::size_t first = 0; first < laid.modules; first += laid.modules_a_line) {
    row text(columns, signs);
    if (laid.label > 0) text.right(std::to_string(first), laid.label - 1, style::label).space();
    const auto last = std::min(first + laid.modules_a_line, laid.modules);
    for (auto module = first; module < last; ++module) {
      if (module > first) text.space(static_cast<int>(laid.gap));
      for (std::size_t column = 0; column < laid.columns; ++column)
        drawing.put(text, cells_of(laid, module, column, cells.values.size()));
    }
    result.push_back(text.done());
  }
  return result;
}

void put_scale(row& into, const strip_scale& scale, const glyphs& signs) {
  into.put(fmt::format("{:.3f} ", scale.lowest), style::label);
  for (int level = 0; level < heat_levels; ++level) into.put(signs.levels[level], heat(level));
  into.put(fmt::format(" {:.3f} V", scale.highest), style::label);
}

} // namespace voltaic::nodes::view
