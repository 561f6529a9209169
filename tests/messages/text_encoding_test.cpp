#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "messages/text_encoding.hpp"

namespace text_encoding_test {

using voltaic::messages::append_utf8;
using voltaic::messages::json_text;
using voltaic::messages::replacement_character;
using voltaic::messages::take_utf8;
using voltaic::messages::to_utf8;

TEST_CASE("every character of Unicode is taken as it was appended") {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    append_utf8(text, c);
    std::string_view rest = text;
    const auto taken = take_utf8(rest);
    if (taken != c || !rest.empty()) FAIL("character " << static_cast<unsigned>(c));
  }
}

TEST_CASE("bytes that are no character are told as the replacement character") {
  const std::string_view wrong[] = {
      "\x80",             // a continuation that continues nothing
      "\xC3",             // cut short
      "\xE2\x82",         // cut short
      "\xC0\x80",         // a nul in two bytes
      "\xE0\x80\xAF",     // a slash in three
      "\xED\xA0\x80",     // a surrogate
      "\xF4\x90\x80\x80", // above the last character
      "\xF8\x88\x80\x80\x80",
  };
  for (auto text : wrong) {
    CAPTURE(text);
    CHECK(take_utf8(text) == replacement_character);
  }
}

TEST_CASE("a broken character does not take its neighbour with it") {
  std::string_view text = "\xE2\x82X";
  CHECK(take_utf8(text) == replacement_character);
  CHECK(text == "X");
}

TEST_CASE("text that is not UTF-8 is read as Windows-1252, byte by byte") {
  CHECK(to_utf8("plain") == "plain");
  CHECK(to_utf8("\xEF\xBB\xBF\xC2\xB0") == "\xC2\xB0");
  CHECK(to_utf8("\xB0") == "\xC2\xB0");
  CHECK(to_utf8("\x80") == "\xE2\x82\xAC");
  CHECK(to_utf8("\x81") == "\xEF\xBF\xBD");
  CHECK(to_utf8("\xED\xA0\x80") == "\xC3\xAD\xC2\xA0\xE2\x82\xAC");
}

TEST_CASE("JSON is made of any bytes") {
  CHECK(json_text("a\"b") == "\"a\\\"b\"");
  CHECK(json_text("\xFF") == "\"\xEF\xBF\xBD\"");
}

} // namespace text_encoding_test
