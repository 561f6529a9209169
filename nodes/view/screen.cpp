#include "nodes/view/screen.hpp"

#include <algorithm>

namespace voltaic::nodes::view {

namespace {

constexpr glyphs unicode_signs = {
    "─", "▸", "·", "…", "°", {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, false};
constexpr glyphs ascii_signs = {"-", ">", "|", "~", "", {".", ":", "-", "=", "+", "*", "#", "@"},
                                true};

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

/// Bytes of the code point that begins here; 0: none does.
std::size_t code_point_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t bytes = first < 0x80U   ? 1
                            : first < 0xc2U ? 0
                            : first < 0xe0U ? 2
                            : first < 0xf0U ? 3
                            : first < 0xf5U ? 4
                                            : 0;
  if (bytes == 0 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i)
    if (!continues(text[i])) return 0;
  return bytes;
}

/// C0 controls, delete, and the C1 controls that UTF-8 writes as 0xc2 0x80 to 0xc2 0x9f.
bool is_control(std::string_view letter) {
  const auto first = static_cast<unsigned char>(letter.front());
  if (letter.size() == 1) return first < 0x20U || first == 0x7fU;
  return letter.size() == 2 && first == 0xc2U && static_cast<unsigned char>(letter[1]) < 0xa0U;
}

/// The first `columns` code points of a printable text.
std::string_view first_columns(std::string_view text, int columns) {
  std::size_t end = 0;
  while (end < text.size() && columns > 0) {
    ++end;
    while (end < text.size() && continues(text[end])) ++end;
    --columns;
  }
  return text.substr(0, end);
}

} // namespace

style heat(int level) {
  const int bounded = std::clamp(level, 0, heat_levels - 1);
  return static_cast<style>(static_cast<int>(style::heat_0) + bounded);
}

const glyphs& glyphs_of(bool ascii) {
  return ascii ? ascii_signs : unicode_signs;
}

std::string unit_text(std::string_view unit, const glyphs& signs) {
  return unit == "degC" ? std::string(signs.degree) + "C" : std::string(unit);
}

int columns_of(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !continues(byte); }));
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto bytes = code_point_bytes(text);
    const auto letter = text.substr(0, std::max<std::size_t>(bytes, 1));
    if (bytes == 0 || is_control(letter))
      out += '?';
    else
      out += letter;
    text.remove_prefix(letter.size());
  }
  return out;
}

std::string clipped(std::string_view text, int columns, const glyphs& signs) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns <= 0) return {};
  return std::string(first_columns(text, columns - 1)) + std::string(signs.ellipsis);
}

std::vector<std::string> wrapped(std::string_view text, int columns) {
  const auto clean = printable(text);
  std::string_view rest = clean;
  std::vector<std::string> parts;
  while (columns > 0 && columns_of(rest) > columns) {
    const auto fits = first_columns(rest, columns + 1);
    const auto space = fits.rfind(' ');
    // A word that is longer than a line is cut where the line ends.
    const bool has_space = space != std::string_view::npos && space > 0;
    const auto part = has_space ? rest.substr(0, space) : first_columns(rest, columns);
    parts.emplace_back(part);
    rest.remove_prefix(part.size() + (has_space ? 1 : 0));
  }
  parts.emplace_back(rest);
  return parts;
}

row& row::put(std::string_view text, style look) {
  auto clean = printable(text);
  if (signs_->is_ascii)
    for (auto& byte : clean)
      if (static_cast<unsigned char>(byte) >= 0x80U) byte = '?';
  auto shown = clipped(clean, rest(), *signs_);
  if (shown.empty()) return *this;
  used_ += columns_of(shown);
  if (!spans_.empty() && spans_.back().look == look)
    spans_.back().text += shown;
  else
    spans_.push_back({std::move(shown), look});
  return *this;
}

row& row::left(std::string_view text, int columns, style look) {
  const int end = used_ + columns;
  return put(clipped(text, columns, *signs_), look).to(end);
}

row& row::right(std::string_view text, int columns, style look) {
  const auto shown = clipped(text, columns, *signs_);
  return space(columns - columns_of(shown)).put(shown, look);
}

row& row::space(int columns) {
  return to(used_ + columns);
}

row& row::to(int column, style look, std::string_view fill) {
  std::string text;
  for (int i = used_; i < std::min(column, columns_); ++i) text += fill;
  return put(text, look);
}

std::string plain_text(const std::vector<line>& lines) {
  std::string out;
  for (const auto& one : lines) {
    std::string text;
    for (const auto& part : one) text += part.text;
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
  return out;
}

} // namespace voltaic::nodes::view
