#include "messages/dbc/tokens.hpp"

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

} // namespace

std::vector<token> cut(std::string_view file) {
  return cutter(file).all();
}

} // namespace voltaic::messages::dbc
