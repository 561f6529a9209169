#include "nodes/view/svg.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voltaic::nodes::view {

namespace {

constexpr double column_px = 8.4;
constexpr double line_px = 18;
constexpr double font_px = 14;
constexpr double margin_px = 12;
/// Where letters stand in their line, from its top.
constexpr double baseline_px = 13.5;

constexpr std::string_view paper_colour = "#16181d";
constexpr std::string_view title_paper_colour = "#2d3440";

std::string_view colour_of(style look) {
  constexpr std::string_view heats[heat_levels] = {"#3b6fb5", "#4a90c2", "#56a9b5", "#66b58f",
                                                   "#93bd6c", "#c9bd5a", "#dd9a4e", "#dd6b4d"};
  switch (look) {
    case style::plain:
      return "#d5d9e0";
    case style::title:
    case style::strong:
      return "#ffffff";
    case style::label:
      return "#8a93a3";
    case style::rule:
      return "#4a5160";
    case style::good:
      return "#7fc48b";
    case style::warning:
      return "#e5c15a";
    case style::alarm:
      return "#ff6b61";
    default:
      return heats[static_cast<int>(look) - static_cast<int>(style::heat_0)];
  }
}

bool is_bold(style look) {
  return look == style::title || look == style::strong || look == style::alarm;
}

void put_box(std::string& out, double x, double y, double width, double height,
             std::string_view colour) {
  out += fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>)", x,
                     y, width, height, colour);
  out += '\n';
}

/// Which of the signs for levels the text begins with, from 1; 0: with none.
int level_at(std::string_view text) {
  const auto& signs = glyphs_of(false);
  for (int level = 0; level < heat_levels; ++level)
    if (text.starts_with(signs.levels[level])) return level + 1;
  return 0;
}

/// Bars are drawn, for fonts leave gaps between them.
void put_bars(std::string& out, const span& part, double x, double y) {
  std::string_view rest = part.text;
  while (const int level = level_at(rest)) {
    const double height = line_px * 0.8 * level / heat_levels;
    put_box(out, x, y + line_px * 0.9 - height, column_px - 0.6, height, colour_of(part.look));
    rest.remove_prefix(glyphs_of(false).levels[level - 1].size());
    x += column_px;
  }
}

void put_letters(std::string& out, const span& part, double x, double y, int columns) {
  if (part.text.find_first_not_of(' ') == std::string::npos) return;
  out += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" textLength="{:.1f}" fill="{}"{}>{}</text>)", x,
                     y + baseline_px, columns * column_px, colour_of(part.look),
                     is_bold(part.look) ? R"( font-weight="bold")" : "", xml_text(part.text));
  out += '\n';
}

void put_span(std::string& out, const span& part, double x, double y) {
  const int columns = columns_of(part.text);
  const double width = columns * column_px;
  if (part.look == style::title) put_box(out, x, y, width + 0.5, line_px, title_paper_colour);
  if (part.look == style::rule)
    put_box(out, x, y + line_px / 2, width, 1, colour_of(part.look));
  else if (level_at(part.text) > 0)
    put_bars(out, part, x, y);
  else
    put_letters(out, part, x, y, columns);
}

} // namespace

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

std::string screen_svg(const std::vector<line>& lines, int columns) {
  const double width = 2 * margin_px + columns * column_px;
  const double height = 2 * margin_px + static_cast<double>(lines.size()) * line_px;
  auto out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" )"
      R"(height="{1:.0f}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" )"
      R"(font-size="{2:.0f}" xml:space="preserve">)",
      width, height, font_px);
  out += '\n';
  out += fmt::format(R"(<rect width="100%" height="100%" rx="8" fill="{}"/>)", paper_colour);
  out += '\n';
  double y = margin_px;
  for (const auto& one : lines) {
    double x = margin_px;
    for (const auto& part : one) {
      put_span(out, part, x, y);
      x += columns_of(part.text) * column_px;
    }
    y += line_px;
  }
  return out + "</svg>\n";
}

} // namespace voltaic::nodes::view
