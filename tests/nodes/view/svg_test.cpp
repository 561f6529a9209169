#include "nodes/view/svg.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace svg_test {

using namespace voltaic::nodes::view;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

} // namespace

TEST_CASE("texts of a picture cannot break its XML") {
  CHECK(xml_text("<a & \"b\">") == "&lt;a &amp; &quot;b&quot;&gt;");
  const auto svg = screen_svg({{{"</svg>", style::plain}}}, 80);
  CHECK(count(svg, "</svg>") == 1);
}

TEST_CASE("a picture has the letters of the screen, and draws rules and bars") {
  const auto svg = screen_svg({{{"rack_0", style::strong}, {" ", style::plain}},
                               {{"────", style::rule}},
                               {{"▁█", style::heat_0}}},
                              20);
  CHECK(count(svg, "<text ") == 1);
  CHECK(count(svg, ">rack_0</text>") == 1);
  CHECK(count(svg, "textLength=\"50.4\"") == 1); // letters stand in columns with any font
  CHECK(count(svg, "<rect ") == 4);              // paper, rule, two bars
}

} // namespace svg_test
