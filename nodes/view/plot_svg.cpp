#include <fmt/format.h>

#include "nodes/view/panels.hpp"
#include "nodes/view/plot.hpp"
#include "nodes/view/svg.hpp"

namespace voltaic::nodes::view {

namespace {

constexpr double width_px = 900;
constexpr double height_px = 420;
constexpr double left_px = 80;
constexpr double right_px = 20;
constexpr double top_px = 46;
constexpr double bottom_px = 52;
constexpr int value_ticks = 6;
constexpr int time_ticks = 10;

/// Where times and values lie in the picture.
struct place {
  double duration_s;
  plot_range range;
  [[nodiscard]] double x(double t_s) const {
    return left_px + t_s / duration_s * (width_px - left_px - right_px);
  }
  [[nodiscard]] double y(double value) const {
    return top_px + (range.highest - value) / (range.highest - range.lowest) *
                        (height_px - top_px - bottom_px);
  }
};

void put_text(std::string& out, double x, double y, std::string_view anchor,
              std::string_view text) {
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     xml_text(text));
}

void put_rule(std::string& out, double x1, double y1, double x2, double y2) {
  out += fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#dde1e7\"/>\n", x1,
      y1, x2, y2);
}

void put_axes(std::string& out, const place& by, const plot_subject& about) {
  const auto values = ticks(by.range.lowest, by.range.highest, value_ticks);
  for (const double value : values) {
    put_rule(out, left_px, by.y(value), width_px - right_px, by.y(value));
    put_text(out, left_px - 8, by.y(value) + 4, "end", text_of(value, decimals_of(values)));
  }
  const auto times = ticks(0, by.duration_s, time_ticks);
  for (const double t : times) {
    put_rule(out, by.x(t), top_px, by.x(t), height_px - bottom_px);
    put_text(out, by.x(t), height_px - bottom_px + 18, "middle",
             fmt::format("{:.{}f} s", t, decimals_of(times)));
  }
  put_text(out, left_px - 8, top_px - 10, "end", unit_text(about.unit, glyphs_of(false)));
}

/// One stroke a stretch without a gap.
void put_curve(std::string& out, const series& of, const place& by, double sample::*value,
               std::string_view colour) {
  std::string path;
  for (const auto& one : of.samples())
    path +=
        fmt::format("{}{:.1f} {:.1f}", one.follows ? "L" : "M", by.x(one.t_s), by.y(one.*value));
  out += fmt::format(
      "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\" "
      "stroke-linecap=\"round\"/>\n",
      path, colour);
}

/// What lies between the least and the greatest.
void put_band(std::string& out, const series& of, const place& by) {
  const sample* before = nullptr;
  for (const auto& one : of.samples()) {
    if (before != nullptr && one.follows)
      out += fmt::format(
          "<path d=\"M{0:.1f} {1:.1f}L{2:.1f} {3:.1f}L{2:.1f} {4:.1f}L{0:.1f} {5:.1f}Z\" "
          "fill=\"#2f6f9f\" fill-opacity=\"0.18\"/>\n",
          by.x(before->t_s), by.y(before->greatest), by.x(one.t_s), by.y(one.greatest),
          by.y(one.least), by.y(before->least));
    before = &one;
  }
}

} // namespace

std::string plot_svg(const series& of, const plot_subject& about) {
  const place by{of.duration_s(), range_of(of)};
  auto out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "width=\"{0:.0f}\" height=\"{1:.0f}\" font-family=\"sans-serif\" font-size=\"12\" "
      "fill=\"#3a4250\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
      width_px, height_px);
  put_text(out, left_px, 22, "start",
           about.point + (about.is_array ? ": least, average and greatest element" : ""));
  put_axes(out, by, about);
  put_band(out, of, by);
  if (about.is_array) {
    put_curve(out, of, by, &sample::least, "#7fa6c4");
    put_curve(out, of, by, &sample::greatest, "#7fa6c4");
  }
  put_curve(out, of, by, &sample::average, "#1f5d8c");
  put_text(out, left_px, height_px - 10, "start", summary_of(of, about, glyphs_of(false)));
  return out + "</svg>\n";
}

} // namespace voltaic::nodes::view
