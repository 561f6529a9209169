#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Lines of styled text, as a terminal, a test or a picture file shows them.
namespace voltaic::nodes::view {

/// What a piece of text means; how that looks is for whoever shows it. Nothing
/// is said by the style alone: a screen without colours says the same.
enum class style : std::uint8_t {
  plain,
  title,   ///< the bar on top
  label,   ///< explains what stands beside it
  strong,  ///< the chosen row
  rule,    ///< separates
  good,    ///< as it should be, where that matters
  warning, ///< look at it
  alarm,   ///< act
  heat_0,  ///< a cell's place between the lowest, here, ...
  heat_1,
  heat_2,
  heat_3,
  heat_4,
  heat_5,
  heat_6,
  heat_7 ///< ... and the highest of the scale
};

/// Levels of `heat_0` to `heat_7`.
inline constexpr int heat_levels = 8;
/// The style of a level from 0 to `heat_levels` - 1.
[[nodiscard]] style heat(int level);

/// Text of one style.
struct span {
  std::string text;
  style look = style::plain;
  friend bool operator==(const span&, const span&) = default;
};

using line = std::vector<span>;

/// How many columns and lines there are.
struct size {
  int columns = 80;
  int lines = 24;
  friend bool operator==(const size&, const size&) = default;
};

/// The signs that are not in every character set.
struct glyphs {
  std::string_view horizontal;
  std::string_view marker;
  std::string_view dot;
  std::string_view ellipsis;
  std::string_view degree;
  std::string_view levels[heat_levels]; ///< from low to high
  bool is_ascii = false;
};
/// With `ascii` those that every terminal has.
[[nodiscard]] const glyphs& glyphs_of(bool ascii);

/// A unit as people write it: `degC` with its sign.
[[nodiscard]] std::string unit_text(std::string_view unit, const glyphs& signs);

/// Columns that a text takes; each code point takes one.
[[nodiscard]] int columns_of(std::string_view text);
/// What no terminal takes as a command: control characters and broken UTF-8 become `?`.
[[nodiscard]] std::string printable(std::string_view text);
/// At most so many columns; what was cut ends in an ellipsis.
[[nodiscard]] std::string clipped(std::string_view text, int columns, const glyphs& signs);

/// The printable text in pieces of at most so many columns, broken between words where it can be.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, int columns);

/// Builds one line from left to right; what does not fit is left out.
class row {
 public:
  row(int columns, const glyphs& signs) : columns_(columns), signs_(&signs) {}
  row& put(std::string_view text, style look = style::plain);
  /// In a field of so many columns, to its left or right end.
  row& left(std::string_view text, int columns, style look = style::plain);
  row& right(std::string_view text, int columns, style look = style::plain);
  row& space(int columns = 1);
  /// Blanks, or `fill`, up to a column.
  row& to(int column, style look = style::plain, std::string_view fill = " ");
  [[nodiscard]] int used() const { return used_; }
  [[nodiscard]] int rest() const { return columns_ - used_; }
  [[nodiscard]] line done() const { return spans_; }

 private:
  int columns_;
  int used_ = 0;
  const glyphs* signs_;
  line spans_;
};

/// Lines without their styles, trailing blanks left out; each ends in a newline.
[[nodiscard]] std::string plain_text(const std::vector<line>& lines);

} // namespace voltaic::nodes::view
