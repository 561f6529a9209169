#include "nodes/view/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "nodes/view/panels.hpp"

namespace voltaic::nodes::view {

namespace {

/// Part of the values' span that stays free above and below.
constexpr double margin = 0.05;
/// Columns between two labels of the time.
constexpr int columns_a_time = 14;
constexpr int lines_a_value = 4;

/// Dots of braille signs, two by four a sign; in ASCII one by one.
class dots {
 public:
  dots(int columns, int lines, bool ascii)
      : columns_(columns),
        lines_(lines),
        ascii_(ascii),
        signs_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(lines)) {}
  [[nodiscard]] int width() const { return columns_ * (ascii_ ? 1 : 2); }
  [[nodiscard]] int height() const { return lines_ * (ascii_ ? 1 : 4); }
  void set(int x, int y) {
    if (x < 0 || y < 0 || x >= width() || y >= height()) return;
    constexpr std::uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (ascii_)
      sign(x, y) = 1;
    else
      sign(x / 2, y / 4) |= bits[y % 4][x % 2];
  }
  /// From one dot to another, without gaps.
  void line_to(int from_x, int from_y, int to_x, int to_y) {
    const int steps = std::max({std::abs(to_x - from_x), std::abs(to_y - from_y), 1});
    for (int i = 0; i <= steps; ++i)
      set(from_x + (to_x - from_x) * i / steps, from_y + (to_y - from_y) * i / steps);
  }
  [[nodiscard]] std::string text(int line) {
    std::string out;
    for (int x = 0; x < columns_; ++x) {
      const unsigned bits = sign(x, line);
      if (bits == 0)
        out += ' ';
      else if (ascii_)
        out += '*';
      else
        out += {'\xe2', static_cast<char>(0xa0U + (bits >> 6U)),
                static_cast<char>(0x80U + (bits & 0x3fU))};
    }
    return out;
  }

 private:
  std::uint8_t& sign(int x, int y) {
    return signs_[static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_) +
                  static_cast<std::size_t>(x)];
  }
  int columns_;
  int lines_;
  bool ascii_;
  std::vector<std::uint8_t> signs_;
};

/// Where times and values lie among the dots.
struct scale {
  double duration_s;
  plot_range range;
  int width;
  int height;
  [[nodiscard]] int x(double t_s) const {
    return static_cast<int>(std::lround(t_s / duration_s * (width - 1)));
  }
  [[nodiscard]] int y(double value) const {
    const double part = (range.highest - value) / (range.highest - range.lowest);
    return static_cast<int>(std::lround(part * (height - 1)));
  }
};

void draw(dots& on, const series& of, const scale& by, double sample::*value) {
  const sample* before = nullptr;
  for (const auto& one : of.samples()) {
    const int x = by.x(one.t_s);
    const int y = by.y(one.*value);
    if (before != nullptr && one.follows)
      on.line_to(by.x(before->t_s), by.y(before->*value), x, y);
    else
      on.set(x, y);
    before = &one;
  }
}

/// Nothing that was as high or low is lost where one sample stands for many values.
void draw_spans(dots& on, const series& of, const scale& by) {
  for (const auto& one : of.samples()) {
    const int x = by.x(one.t_s);
    on.line_to(x, by.y(one.greatest), x, by.y(one.least));
  }
}

line time_line(const glyphs& signs, int columns, int label, double duration_s) {
  const int width = columns - label;
  const auto marks = ticks(0, duration_s, std::max(width / columns_a_time, 1));
  row text(columns, signs);
  text.space(label - 1);
  for (const double t : marks) {
    const int x = label + static_cast<int>(std::lround(t / duration_s * (width - 1)));
    const auto mark = fmt::format("{:.{}f} s", t, decimals_of(marks));
    const int begin = std::min(x, columns - columns_of(mark));
    if (begin < text.used() + 1 && t > 0) continue;
    text.to(begin).put(mark, style::label);
  }
  return text.done();
}

} // namespace

plot_range range_of(const series& of) {
  plot_range range{of.least(), of.greatest()};
  double span = range.highest - range.lowest;
  if (span <= 0) span = std::max(std::abs(range.highest) * 0.02, 0.01);
  range.lowest -= span * margin;
  range.highest += span * margin;
  return range;
}

std::string summary_of(const series& of, const plot_subject& about, const glyphs& signs) {
  const auto text = [&](double value) { return text_of(value, about.decimals); };
  const auto unit = about.unit.empty() ? std::string() : " " + unit_text(about.unit, signs);
  return fmt::format("{} to {}, average {}{}, {} values in {:.0f} s from {} UTC", text(of.least()),
                     text(of.greatest()), text(of.average()), unit, of.count(), of.duration_s(),
                     clock_text(about.begin_utc_us));
}

std::vector<line> plot_lines(const series& of, const plot_subject& about, size screen, bool ascii) {
  const auto& signs = glyphs_of(ascii);
  const auto range = range_of(of);
  const int height = std::max(screen.lines - 4, 4);
  const auto marks = ticks(range.lowest, range.highest, std::max(height / lines_a_value, 2));
  std::vector<std::string> labels(static_cast<std::size_t>(height));
  int label = 1;
  for (const double mark : marks) {
    const double part = (range.highest - mark) / (range.highest - range.lowest);
    auto& text = labels[static_cast<std::size_t>(std::lround(part * (height - 1)))];
    text = text_of(mark, decimals_of(marks));
    label = std::max(label, columns_of(text));
  }
  label += 3;
  dots on(std::max(screen.columns - label, 8), height, ascii);
  const scale by{of.duration_s(), range, on.width(), on.height()};
  if (about.is_array) {
    draw(on, of, by, &sample::least);
    draw(on, of, by, &sample::greatest);
  } else {
    draw_spans(on, of, by);
  }
  draw(on, of, by, &sample::average);
  std::vector<line> result;
  row heading(screen.columns, signs);
  heading.put(about.point, style::strong).space();
  if (about.is_array) heading.put("least, average and greatest ", style::label);
  result.push_back(heading.put(unit_text(about.unit, signs), style::label).done());
  for (int i = 0; i < height; ++i) {
    const auto& text = labels[static_cast<std::size_t>(i)];
    row one(screen.columns, signs);
    one.right(text, label - 3, style::label).space();
    one.put(text.empty() ? (ascii ? "|" : "│") : (ascii ? "+" : "┤"), style::rule).space();
    result.push_back(one.put(on.text(i), style::good).done());
  }
  result.push_back(time_line(signs, screen.columns, label, of.duration_s()));
  result.push_back(
      row(screen.columns, signs).put(summary_of(of, about, signs), style::label).done());
  return result;
}

} // namespace voltaic::nodes::view
