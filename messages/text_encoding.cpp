#include "messages/text_encoding.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

namespace voltaic::messages {
namespace {

constexpr char32_t surrogates_begin = 0xD800;
constexpr char32_t surrogates_end = 0xE000;
constexpr char32_t supplementary = 0x10000;
constexpr char32_t character_end = 0x110000;
constexpr unsigned continuation_bits = 6;
constexpr unsigned continuation_mask = 0x3F;

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Takes one character off the front of a text that is not empty; nothing: the bytes are none.
std::optional<char32_t> next_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  constexpr unsigned longest_begin = 0xF8;
  if (first < 0xC0 || first >= longest_begin) return std::nullopt;
  const std::size_t more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  char32_t c = first & (0x3Fu >> more);
  for (std::size_t i = 0; i < more; ++i) {
    if (text.empty() || !is_continuation(text.front())) return std::nullopt;
    c = c << continuation_bits | (static_cast<unsigned char>(text.front()) & continuation_mask);
    text.remove_prefix(1);
  }
  // One that fewer bytes would have held is none.
  constexpr std::array<char32_t, 4> least = {0, 0x80, 0x800, supplementary};
  const bool is_surrogate = c >= surrogates_begin && c < surrogates_end;
  if (c < least[more] || is_surrogate || c >= character_end) return std::nullopt;
  return c;
}

bool is_utf8(std::string_view text) {
  while (!text.empty())
    if (!next_character(text)) return false;
  return true;
}

/// What Windows-1252 has from 0x80 to 0x9F; 0 where it has nothing.
constexpr std::array<char16_t, 32> windows_1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

} // namespace

void append_utf8(std::string& out, char32_t c) {
  const auto rest = [&](unsigned shift) {
    out += static_cast<char>(0x80 | (c >> shift & continuation_mask));
  };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> continuation_bits);
    rest(0);
  } else if (c < supplementary) {
    out += static_cast<char>(0xE0 | c >> 2 * continuation_bits);
    rest(continuation_bits);
    rest(0);
  } else {
    out += static_cast<char>(0xF0 | c >> 3 * continuation_bits);
    rest(2 * continuation_bits);
    rest(continuation_bits);
    rest(0);
  }
}

char32_t take_utf8(std::string_view& text) {
  return next_character(text).value_or(replacement_character);
}

std::string to_utf8(std::string_view file) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (file.starts_with(mark)) file.remove_prefix(mark.size());
  if (is_utf8(file)) return std::string(file);
  std::string out;
  out.reserve(file.size());
  for (const char c : file) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 || byte >= 0xA0) {
      append_utf8(out, byte);
    } else {
      const auto known = windows_1252[byte - 0x80u];
      append_utf8(out, known == 0 ? replacement_character : known);
    }
  }
  return out;
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace voltaic::messages
