#include "messages/canopen/text_codec.hpp"

#include <algorithm>

#include "messages/text_encoding.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr char32_t high_surrogate = 0xD800;
constexpr char32_t low_surrogate = 0xDC00;
constexpr char32_t surrogate_end = 0xE000;
constexpr char32_t supplementary = 0x10000;

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
      c = replacement_character;
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
