#include "messages/dbc/tokens.hpp"

#include <array>
#include <cctype>

namespace voltaic::messages::dbc {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Words may hold letters beyond ASCII.
bool is_of_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '.' || byte >= 0x80;
}

/// Characters that a number at the beginning of `text` takes; 0: there is none.
std::size_t number_length(std::string_view text) {
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::size_t first = at;
  std::size_t digits = 0;
  for (; at < text.size() && (is_digit(text[at]) || text[at] == '.'); ++at)
    digits += is_digit(text[at]) ? 1 : 0;
  if (digits == 0 || at == first) return 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    std::size_t behind = at + 1;
    if (behind < text.size() && (text[behind] == '-' || text[behind] == '+')) ++behind;
    const std::size_t first_digit = behind;
    while (behind < text.size() && is_digit(text[behind])) ++behind;
    if (behind > first_digit) at = behind;
  }
  return at;
}

class cutter {
 public:
  explicit cutter(std::string_view file) : file_(file) {}

  std::vector<token> all() {
    while (skip_blanks()) take();
    add(token::kind::end, 0);
    return std::move(tokens_);
  }

 private:
  bool skip_blanks() {
    while (at_ < file_.size() && std::isspace(static_cast<unsigned char>(file_[at_])) != 0) step();
    return at_ < file_.size();
  }

  void step() {
    if (file_[at_] == '\n') {
      ++line_;
      line_start_ = at_ + 1;
      begins_line_ = true;
    }
    ++at_;
  }

  void add(token::kind type, std::size_t length) {
    tokens_.push_back({type, file_.substr(at_, length), line_,
                       static_cast<std::uint32_t>(at_ - line_start_ + 1), begins_line_});
    begins_line_ = false;
    for (std::size_t n = 0; n < length; ++n) step();
  }

  void take() {
    const auto rest = file_.substr(at_);
    if (rest.front() == '"') {
      take_text();
      return;
    }
    std::size_t word = 0;
    while (word < rest.size() && is_of_word(rest[word])) ++word;
    const auto number = number_length(rest);
    if (number > 0 && number >= word) {
      add(token::kind::number, number);
    } else if (word > 0) {
      add(token::kind::word, word);
    } else {
      add(token::kind::symbol, 1);
    }
  }

  void take_text() {
    std::size_t end = at_ + 1;
    while (end < file_.size() && file_[end] != '"') end += file_[end] == '\\' ? 2 : 1;
    end = std::min(end, file_.size());
    const auto opening = at_;
    add(token::kind::text, end - at_);
    tokens_.back().content = file_.substr(opening + 1, end - opening - 1);
    if (at_ < file_.size()) step();
  }

  std::string_view file_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  bool begins_line_ = true;
  std::vector<token> tokens_;
};

/// Bytes of a character of UTF-8 at the beginning of `text`; 0: it is none.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// What Windows-1252 has from 0x80 to 0x9F; 0 where it has nothing.
constexpr std::array<char16_t, 32> windows_1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
constexpr char16_t replacement = 0xFFFD;

void append(std::string& out, char16_t character) {
  constexpr char16_t one_byte_end = 0x80;
  constexpr char16_t two_bytes_end = 0x800;
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | ((character >> shift) & 0x3F));
  };
  if (character < one_byte_end) {
    out += static_cast<char>(character);
  } else if (character < two_bytes_end) {
    out += static_cast<char>(0xC0 | (character >> 6));
    tail(0);
  } else {
    out += static_cast<char>(0xE0 | (character >> 12));
    tail(6);
    tail(0);
  }
}

} // namespace

std::vector<token> cut(std::string_view file) {
  return cutter(file).all();
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
      append(out, byte);
    } else {
      const auto known = windows_1252[byte - 0x80u];
      append(out, known == 0 ? replacement : known);
    }
  }
  return out;
}

} // namespace voltaic::messages::dbc
