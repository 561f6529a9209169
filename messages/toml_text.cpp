#include "messages/toml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace voltaic::messages {

namespace {

/// The place of a mistake: the parser counts columns in characters, not in bytes.
class place {
 public:
  place(std::string_view text, const toml::source_position& at) : line_number_(at.line) {
    for (std::uint32_t line = 1; line < at.line && !text.empty(); ++line)
      text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    line_ = text.substr(0, text.find('\n'));
    while (line_.ends_with('\r')) line_.remove_suffix(1);
    for (std::uint32_t column = 1; column < at.column && offset_ <= line_.size(); ++column) {
      ++offset_;
      while (offset_ < line_.size() && is_inside(line_[offset_])) ++offset_;
    }
  }
  [[nodiscard]] std::string_view line() const { return line_; }
  /// In bytes; behind the line where that ended too soon.
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] bool at_end() const { return offset_ >= line_.size(); }
  [[nodiscard]] finding found(std::size_t offset, std::string words) const {
    const auto before = line_.substr(0, std::min(offset, line_.size()));
    const auto column =
        std::count_if(before.begin(), before.end(), [](char each) { return !is_inside(each); }) +
        static_cast<std::ptrdiff_t>(offset - before.size());
    return {"", line_number_, static_cast<std::uint32_t>(column + 1), std::move(words)};
  }

 private:
  // Of a UTF-8 character, not its first byte.
  static bool is_inside(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

  std::uint32_t line_number_;
  std::string_view line_;
  std::size_t offset_ = 0;
};

/// Where the text begins that its line leaves open.
std::size_t opening_quote(std::string_view line) {
  std::size_t opened = std::string_view::npos;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char each = line[i];
    if (opened == std::string_view::npos) {
      if (each == '#') break;
      if (each == '"' || each == '\'') opened = i;
    } else if (each == '\\' && line[opened] == '"') {
      ++i;
    } else if (each == line[opened]) {
      opened = std::string_view::npos;
    }
  }
  return opened;
}

finding unclosed_text(const place& at) {
  const auto opened = opening_quote(at.line());
  if (opened == std::string_view::npos)
    return at.found(at.offset(),
                    "the text over several lines that ends here has no closing quotes");
  return at.found(opened,
                  fmt::format("the text that begins here has no closing {}", at.line()[opened]));
}

finding bare_value(const place& at) {
  const auto line = at.line();
  const auto position = std::min(at.offset(), line.size());
  const auto before =
      position == 0 ? std::string_view::npos : line.find_last_of(" \t=,[", position - 1);
  const auto begin = before == std::string_view::npos ? 0 : before + 1;
  auto word = line.substr(begin, line.find_first_of(" \t,]#\"'", begin) - begin);
  // The brace of "${NAME}" belongs to the word, that of a table does not.
  if (word.find('{') == std::string_view::npos) word = word.substr(0, word.find('}'));
  return at.found(begin, fmt::format("{0} is no value: a text stands in quotes, as \"{0}\"; else "
                                     "a number, true, false or a date is expected",
                                     word));
}

/// `what`: "string 'name'", behind "cannot redefine existing".
finding doubled(const place& at, std::string_view what) {
  const auto line = at.line();
  const auto open = what.find('\'');
  const auto close = what.find('\'', open + 1);
  const auto key = what.substr(open + 1, close - open - 1);
  const auto as_what = what.substr(close + 1);
  const auto first = std::min(line.find_first_not_of(" \t"), line.size());
  if (line.substr(first).starts_with('[')) {
    if (what.starts_with("array") && as_what == " as table")
      return at.found(first, fmt::format("{0} stands as [[{0}]] before, so here as well", key));
    if (!as_what.empty()) return at.found(first, fmt::format("{} is a value already", key));
    return at.found(first, fmt::format("the table [{}] stands twice", key));
  }
  const auto begin = line.rfind(key, at.offset());
  return at.found(begin == std::string_view::npos ? first : begin,
                  fmt::format("the key {} stands twice in this table", key));
}

/// What the parser says, as a part of it, and what people are told instead.
struct wording {
  std::string_view said;
  std::string_view told;
};
constexpr wording wordings[] = {
    {"expected value, saw", "a value is missing behind ="},
    {"key-value pair: encountered end-of-file", "a value is missing behind ="},
    {"expected '=', saw", "expected = behind the key"},
    {"table header: expected ']'", "expected the closing ] of the table's name"},
    {"blank bare keys", "the table has no name"},
    {"array: expected comma or closing", "expected a comma or the closing ] of the list"},
    {"array: encountered end-of-file", "the list has no closing ]"},
    {"saw comma", "there is a comma too many"},
    {"dangling comma", "a comma may not stand before the closing }"},
    {"inline table: expected comma or closing", "expected a comma or the closing }"},
    {"inline table: expected key or closing '}', saw '\\n'",
     "a table in braces ends in its line: the closing } is missing"},
    {"inline table: encountered end-of-file", "the table has no closing }"},
    {"expected a comment or whitespace", "expected the end of the line behind what stands before"},
    {"expected keys, tables", "expected a key, a [table] or a # comment"},
    {"escape sequence", "a backslash is written \\\\, or the text stands in single quotes"},
    {"invalid utf-8", "the file is no UTF-8 text"},
};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

finding described(std::string_view said, const place& at) {
  const bool in_text = has(said, "parsing string:") || has(said, "parsing literal string:");
  if (in_text && (has(said, "end-of-file") || (has(said, "control characters") && at.at_end())))
    return unclosed_text(at);
  constexpr std::string_view redefined = "cannot redefine existing ";
  if (has(said, redefined))
    return doubled(at, said.substr(said.find(redefined) + redefined.size()));
  for (const auto* kind : {"could not determine value type", "parsing boolean", "integer: expected",
                           "integer: leading", "floating-point: expected"})
    if (has(said, kind)) return bare_value(at);
  for (const auto& each : wordings)
    if (has(said, each.said)) return at.found(at.offset(), std::string(each.told));
  return at.found(at.offset(), std::string(said));
}

} // namespace

std::variant<toml::table, finding> parse_toml(std::string_view text, const std::string& file) {
  finding found;
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    found = described(error.description(), place(text, error.source().begin));
  } catch (const std::invalid_argument& error) {
    found = {"", 1, 1, error.what()};
  }
  found.file = file;
  return found;
}

} // namespace voltaic::messages
