#include "nodes/view/screen.hpp"

#include <catch2/catch.hpp>

namespace screen_test {

using namespace voltaic::nodes::view;

namespace {
const glyphs& fine = glyphs_of(false);
const glyphs& plain = glyphs_of(true);
} // namespace

TEST_CASE("a text takes one column a code point") {
  CHECK(columns_of("rack_0") == 6);
  CHECK(columns_of("21.5 °C") == 7);
  CHECK(columns_of("▁▂▃") == 3);
}

TEST_CASE("what is too long is cut, and seen to be") {
  CHECK(clipped("rack_0", 6, fine) == "rack_0");
  CHECK(clipped("rack_0", 4, fine) == "rac…");
  CHECK(clipped("rack_0", 4, plain) == "rac~");
  CHECK(clipped("°°°°", 2, fine) == "°…");
  CHECK(clipped("rack_0", 0, fine).empty());
}

TEST_CASE("nothing that is said on a site reaches the terminal as a command") {
  CHECK(printable("a\x1b[2Jb") == "a?[2Jb");
  CHECK(printable("a\nb\x7f") == "a?b?");
  CHECK(printable("a\xc2\x9b"
                  "2J") == "a?2J");
  CHECK(printable("half \xe2\x96") == "half ??");
  CHECK(printable("21 °C ─") == "21 °C ─");
}

TEST_CASE("a line of ASCII holds nothing else") {
  const auto text = plain_text({row(20, plain).put("21 °C").done()});
  CHECK(text == "21 ??C\n");
}

TEST_CASE("fields of a line begin where the ones before end, and none is beyond the line") {
  row text(20, fine);
  text.left("ab", 5).right("1.0", 5).space(2).put("long enough");
  CHECK(plain_text({text.done()}) == "ab     1.0  long en…\n");
  CHECK(text.used() == 20);
  CHECK(text.rest() == 0);
}

TEST_CASE("neighbours of one style are one span") {
  row text(20, fine);
  text.put("a").put("b").put("c", style::alarm);
  CHECK(text.done() == line{{"ab", style::plain}, {"c", style::alarm}});
}

TEST_CASE("a long text is broken between words, a long word where the line ends") {
  using pieces = std::vector<std::string>;
  CHECK(wrapped("one two three", 7) == pieces{"one two", "three"});
  CHECK(wrapped("one two three", 8) == pieces{"one two", "three"});
  CHECK(wrapped("21 °C abcdefghij", 5) == pieces{"21 °C", "abcde", "fghij"});
  CHECK(wrapped("short", 5) == pieces{"short"});
  CHECK(wrapped("", 5) == pieces{""});
  CHECK(wrapped("none", 0) == pieces{"none"});
}

} // namespace screen_test
