#include "messages/canopen/text_codec.hpp"

#include <algorithm>

namespace voltaic::messages::canopen {
namespace {

constexpr char32_t replacement = 0xFFFD;
constexpr char32_t high_surrogate = 0xD800;
constexpr char32_t low_surrogate = 0xDC00;
constexpr char32_t surrogate_end = 0xE000;
constexpr char32_t supplementary = 0x10000;
constexpr char32_t character_end = 0x110000;
constexpr unsigned continuation_bits = 6;
constexpr unsigned continuation_mask = 0x3F;

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

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Takes one character off the front.
char32_t take_utf8(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  std::size_t more = 0;
  char32_t c = 0;
  if (first >= 0xC0 && first < 0xE0) {
    more = 1;
    c = first & 0x1F;
  } else if (first >= 0xE0 && first < 0xF0) {
    more = 2;
    c = first & 0x0F;
  } else if (first >= 0xF0 && first < 0xF8) {
    more = 3;
    c = first & 0x07;
  } else {
    return replacement;
  }
  for (std::size_t i = 0; i < more; ++i) {
    if (text.empty() || !is_continuation(text.front())) return replacement;
    c = c << continuation_bits | (static_cast<unsigned char>(text.front()) & continuation_mask);
    text.remove_prefix(1);
  }
  const bool is_surrogate = c >= high_surrogate && c < surrogate_end;
  return is_surrogate || c >= character_end ? replacement : c;
}

} // namespace

std::string visible_text(std::span<const std::uint8_t> data) {
  return {data.begin(), std::ranges::find(data, 0)};
}

std::string unicode_text(std::span<const std::uint8_t> data) {
  std::string text;
  const auto unit = [&](std::size_t at) {
    return static_cast<char32_t>(data[at] | data[at + 1] << 8);
  };
  for (std::size_t i = 0; i + 1 < data.size(); i += 2) {
    auto c = unit(i);
    if (c == 0) break;
    if (c >= high_surrogate && c < low_surrogate && i + 3 < data.size() &&
        unit(i + 2) >= low_surrogate && unit(i + 2) < surrogate_end) {
      c = supplementary + ((c - high_surrogate) << 10) + (unit(i + 2) - low_surrogate);
      i += 2;
    } else if (c >= high_surrogate && c < surrogate_end) {
      c = replacement;
    }
    append_utf8(text, c);
  }
  return text;
}

std::vector<std::uint8_t> unicode_bytes(std::string_view utf8) {
  std::vector<std::uint8_t> made;
  const auto put = [&](char32_t unit) {
    made.push_back(static_cast<std::uint8_t>(unit & 0xFF));
    made.push_back(static_cast<std::uint8_t>(unit >> 8));
  };
  while (!utf8.empty()) {
    const auto c = take_utf8(utf8);
    if (c < supplementary) {
      put(c);
      continue;
    }
    put(high_surrogate + ((c - supplementary) >> 10));
    put(low_surrogate + ((c - supplementary) & 0x3FF));
  }
  return made;
}

} // namespace voltaic::messages::canopen
