#include "nodes/view/cell_strip.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "nodes/view/sample_picture.hpp"

namespace cell_strip_test {

using namespace voltaic::nodes::view;

namespace {

const glyphs& plain = glyphs_of(true);

elements cells_of(std::vector<double> values, std::uint32_t group_size) {
  return {std::move(values), group_size};
}

} // namespace

TEST_CASE("a strip reaches from the lowest to the highest cell") {
  const auto scale = scale_of(cells_of({3.2, 3.4, std::nan("")}, 0));
  REQUIRE(scale);
  CHECK(scale->lowest == 3.2);
  CHECK(scale->highest == 3.4);
}

TEST_CASE("cells that differ by noise alone look alike") {
  const auto cells = cells_of({3.300, 3.301, 3.299, 3.300}, 0);
  const auto scale = scale_of(cells);
  REQUIRE(scale);
  CHECK(scale->highest - scale->lowest == Approx(strip_span_min_v));
  const auto text = plain_text(cell_strip(cells, 80, 1, plain));
  CHECK(text.find('.') == std::string::npos);
  CHECK(text.find('@') == std::string::npos);
}

TEST_CASE("a strip without a good cell says so") {
  CHECK_FALSE(scale_of({}));
  CHECK(plain_text(cell_strip(cells_of({std::nan("")}, 0), 80, 1, plain)) == "no cell is heard\n");
}

TEST_CASE("no cell that stands out is lost where one sign stands for many") {
  auto cells = voltaic::tests::sample_cells();
  const auto count = [&](char sign) {
    const auto text = plain_text(cell_strip(cells, 78, 1, plain));
    CHECK(text.size() <= 79);
    return std::count(text.begin(), text.end(), sign);
  };
  CHECK(count('@') == 1);
  CHECK(count('?') == 1);
  cells.values[100] = 3.2; // now the scale begins there
  CHECK(count('.') == 1);
}

TEST_CASE("every cell has a sign of its own where there is room") {
  const auto cells = voltaic::tests::sample_cells();
  const int lines = strip_lines_max(cells, 118);
  CHECK(lines <= 6);
  const auto strip = cell_strip(cells, 118, lines, plain);
  CHECK(static_cast<int>(strip.size()) <= lines);
  std::size_t signs = 0;
  for (const auto& one : strip)
    for (const auto& part : one)
      if (part.look != style::label)
        signs += part.text.size() -
                 static_cast<std::size_t>(std::count(part.text.begin(), part.text.end(), ' '));
  CHECK(signs == cells.values.size());
}

TEST_CASE("the strip of a rack keeps its columns at any width") {
  const auto cells = voltaic::tests::sample_cells();
  for (int columns = 20; columns < 300; columns += 7)
    for (int lines = 1; lines < 8; ++lines) {
      const auto strip = cell_strip(cells, columns, lines, plain);
      REQUIRE(static_cast<int>(strip.size()) <= lines);
      for (const auto& one : strip) {
        int used = 0;
        for (const auto& part : one) used += columns_of(part.text);
        REQUIRE(used <= columns);
      }
    }
}

} // namespace cell_strip_test
