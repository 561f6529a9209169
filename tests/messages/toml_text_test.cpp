#include "messages/toml_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

namespace toml_text_test {

using namespace voltaic::messages;

namespace {

/// "LINE:COLUMN: text" of the mistake in a text that must have one.
std::string mistake_in(const std::string& text) {
  const auto parsed = parse_toml(text, "site.toml");
  const auto* found = std::get_if<finding>(&parsed);
  if (found == nullptr) return "none";
  CHECK(found->file == "site.toml");
  return std::to_string(found->line) + ":" + std::to_string(found->column) + ": " + found->text;
}

} // namespace

TEST_CASE("a sound TOML text is parsed") {
  const auto parsed = parse_toml("a = \"x\"\n", "site.toml");
  REQUIRE(std::holds_alternative<toml::table>(parsed));
  CHECK(std::get<toml::table>(parsed)["a"].value<std::string>() == "x");
}

TEST_CASE("F-180 a text without closing quotes is told of where it begins") {
  const std::string words = "the text that begins here has no closing ";
  CHECK(mistake_in("a = \"x\nb = 1\n") == "1:5: " + words + '"');
  CHECK(mistake_in("a = \"x\r\nb = 1\r\n") == "1:5: " + words + '"');
  CHECK(mistake_in("\na = \"x") == "2:5: " + words + '"');
  CHECK(mistake_in("a = 'x\n") == "1:5: " + words + "'");
  CHECK(mistake_in("a = [\"ä\", \"x\\\"y]\n") == "1:11: " + words + '"');
  CHECK(mistake_in("a = \"\"\"x\n\n") ==
        "2:2: the text over several lines that ends here has no closing quotes");
}

TEST_CASE("F-180 a value without quotes is named whole") {
  for (const auto& [text, place] :
       {std::pair("a = can0\n", "1:5: can0"), std::pair("a = open # as it is\n", "1:5: open"),
        std::pair("a = 500ms\n", "1:5: 500ms"), std::pair("a = tru\n", "1:5: tru"),
        std::pair("a = can0\"\n", "1:5: can0"), std::pair("a = [1, 0x]\n", "1:9: 0x"),
        std::pair("a = [\"ä\", 0x]\n", "1:11: 0x"), std::pair("\na={b=1.}\n", "2:6: 1."),
        std::pair("a = ${X}\n", "1:5: ${X}")}) {
    INFO(text);
    CHECK(mistake_in(text).starts_with(std::string(place) + " is no value: a text stands in "));
  }
}

TEST_CASE("F-180 what stands twice is told of where it stands for the second time") {
  CHECK(mistake_in("a = 1\n  a = 2\n") == "2:3: the key a stands twice in this table");
  CHECK(mistake_in("t = { a = 1, a = 2 }\n") == "1:14: the key a stands twice in this table");
  CHECK(mistake_in("[a]\n[a]\n") == "2:1: the table [a] stands twice");
  CHECK(mistake_in("[[a]]\n[a]\n") == "2:1: a stands as [[a]] before, so here as well");
  CHECK(mistake_in("a = 5\n[[a]]\n") == "2:1: a is a value already");
}

TEST_CASE("F-180 other mistakes of form are told in words of the file, not of the parser") {
  CHECK(mistake_in("a =\n") == "1:4: a value is missing behind =");
  CHECK(mistake_in("a : 1\n") == "1:3: expected = behind the key");
  CHECK(mistake_in("[a\nb = 1\n") == "1:3: expected the closing ] of the table's name");
  CHECK(mistake_in("a = [1, 2\nb = 3\n") == "2:1: expected a comma or the closing ] of the list");
  CHECK(mistake_in("a = { b = 1, }\n") == "1:14: a comma may not stand before the closing }");
  CHECK(mistake_in("a = { b = 1\n }\n") ==
        "1:12: a table in braces ends in its line: the closing } is missing");
  CHECK(mistake_in("a = 1 b = 2\n") ==
        "1:7: expected the end of the line behind what stands before");
  CHECK(mistake_in("<site>\n") == "1:1: expected a key, a [table] or a # comment");
  CHECK(mistake_in("a = \xff\n") == "1:4: the file is no UTF-8 text");
  CHECK(mistake_in("a = 2026-13-01\n").find("expected month between 1 and 12") !=
        std::string::npos);
}

TEST_CASE("F-182 no malformed TOML text ends the process") {
  for (const auto* text :
       {"[=", "a = [}", "\"", "'", "[", "[[", "a=\"\\", "\n\n\"\"\"", "=", "a.\n"})
    CHECK(mistake_in(text) != "none");
}

TEST_CASE("F-182 letters beyond ASCII are no white space, wherever the library's table has them") {
  CHECK(mistake_in("[cell\u0489]\na = 1\n") != "none");
  CHECK(mistake_in("a\u0489 = 1\n") != "none");
  CHECK(mistake_in("a = \"\u0489\" # \u0489\n") == "none");
}

} // namespace toml_text_test
