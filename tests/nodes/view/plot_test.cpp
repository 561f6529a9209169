#include "nodes/view/plot.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace plot_test {

using namespace voltaic::nodes::view;

namespace {

/// 60 s of a slow wave, ten values a second.
series wave() {
  series values(60, 4'000);
  for (int i = 0; i < 600; ++i) {
    const double value = 10 * std::sin(i / 100.0);
    values.add(i / 10.0, value, value, value);
  }
  return values;
}

plot_subject current() {
  return {"rack_0/current", "A", 1, false, 1'795'292'107'000'000};
}

} // namespace

TEST_CASE("ticks are round and inside") {
  CHECK(ticks(0, 60, 6) == std::vector<double>{0, 10, 20, 30, 40, 50, 60});
  CHECK(ticks(-0.3, 11, 4) == std::vector<double>{0, 5, 10});
  CHECK(ticks(3, 3, 4) == std::vector<double>{3});
  CHECK_FALSE(std::signbit(ticks(0, 60, 6).front()));
  const auto fine = ticks(3.2981, 3.3019, 4);
  REQUIRE(fine.size() >= 3);
  CHECK(fine.front() == Approx(3.299));
  CHECK(decimals_of(fine) == 3);
  CHECK(decimals_of({0, 10, 20}) == 0);
}

TEST_CASE("a series keeps a bound, extremes and averages") {
  series values(10, 10);
  for (int i = 0; i < 1'000; ++i) values.add(i / 100.0, i, i, i);
  CHECK(values.samples().size() == 10);
  CHECK(values.count() == 1'000);
  CHECK(values.least() == 0);
  CHECK(values.greatest() == 999);
  CHECK(values.average() == Approx(499.5));
  CHECK(values.samples()[0].average == Approx(49.5));
}

TEST_CASE("what does not follow is not joined") {
  series values(10, 100);
  values.add(1, 5, 5, 5);
  values.add(2, 5, 5, 5);
  values.interrupt();
  values.add(3, 5, 5, 5);
  CHECK_FALSE(values.samples()[0].follows);
  CHECK(values.samples()[1].follows);
  CHECK_FALSE(values.samples()[2].follows);
}

TEST_CASE("a series that ends early is as long as it is") {
  series values(60, 100);
  values.add(0, 1, 1, 1);
  values.add(5, 1, 1, 1);
  values.end(7);
  CHECK(values.duration_s() == 7);
}

TEST_CASE("a plot of text fits its size and names point, unit, values and time") {
  const auto lines = plot_lines(wave(), current(), {80, 20}, true);
  CHECK(lines.size() <= 20);
  for (const auto& one : lines) {
    int used = 0;
    for (const auto& part : one) used += columns_of(part.text);
    CHECK(used <= 80);
  }
  const auto text = plain_text(lines);
  CHECK(text.find("rack_0/current A") != std::string::npos);
  CHECK(text.find(" 10 +") != std::string::npos);
  CHECK(text.find("60 s") != std::string::npos);
  CHECK(text.find("600 values in 60 s from 20:15:07 UTC") != std::string::npos);
}

TEST_CASE("a curve has a dot in every column of its time") {
  for (const bool ascii : {true, false}) {
    const auto lines = plot_lines(wave(), current(), {80, 20}, ascii);
    std::vector<bool> seen(80);
    for (std::size_t i = 1; i + 2 < lines.size(); ++i) {
      std::string text;
      for (const auto& part : lines[i]) text += part.text;
      int column = 0;
      for (std::size_t byte = 0; byte < text.size(); ++column) {
        if (text[byte] != ' ') seen[static_cast<std::size_t>(column)] = true;
        ++byte;
        while (byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xc0U) == 0x80U)
          ++byte;
      }
    }
    CHECK(std::count(seen.begin() + 8, seen.end(), true) >= 71);
  }
}

TEST_CASE("a value that stands still is drawn in the middle") {
  series values(10, 100);
  values.add(1, 5, 5, 5);
  const auto range = range_of(values);
  CHECK(range.lowest < 5);
  CHECK(range.highest > 5);
  CHECK_FALSE(plot_lines(values, current(), {80, 20}, true).empty());
}

TEST_CASE("a picture of a plot names what it shows, and a gap is none of its lines") {
  series values(10, 100);
  for (int i = 0; i < 3; ++i) values.add(i, 3.1, 3.2, 3.3);
  values.interrupt();
  values.add(5, 3.1, 3.2, 3.3);
  plot_subject about{"rack_0/cell_voltage", "V", 3, true, 0};
  about.point += "<&";
  const auto svg = plot_svg(values, about);
  CHECK(svg.starts_with("<svg "));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(svg.find("rack_0/cell_voltage&lt;&amp;: least, average and greatest") != std::string::npos);
  const auto last = svg.rfind("stroke=\"#1f5d8c\"");
  const auto path = svg.substr(svg.rfind("<path d=\"", last), 80);
  CHECK(std::count(path.begin(), path.end(), 'M') == 2);
  CHECK(std::count(path.begin(), path.end(), 'L') == 2);
}

} // namespace plot_test
