#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace voltaic::messages::dbc {

/// The smallest part of a DBC file.
struct token {
  /// What it is.
  enum class kind : std::uint8_t { word, number, text, symbol, end };
  token::kind type = token::kind::end;
  std::string_view content; ///< of a text without its quotes, as it is in the file
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  bool begins_line = false;
  [[nodiscard]] bool is(char symbol_) const {
    return type == kind::symbol && content.front() == symbol_;
  }
  [[nodiscard]] bool is_word(std::string_view word_) const {
    return type == kind::word && content == word_;
  }
};

/// Cuts a file into tokens that point into it; the last one is its end. A text that is not
/// closed reaches to the end of the file. Never fails.
[[nodiscard]] std::vector<token> cut(std::string_view file);

} // namespace voltaic::messages::dbc
