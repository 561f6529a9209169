#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/dbc/tokens.hpp"

namespace voltaic::messages::dbc {

/// Why a statement cannot be read.
struct refusal {
  token at;
  std::string text;
};

/// Walks over tokens and takes what a statement needs of them; throws a `refusal` where it
/// is something else. The last token is the file's end, and stays.
class cursor {
 public:
  explicit cursor(const std::vector<token>& tokens) : tokens_(tokens) {}

  [[nodiscard]] const token& peek(std::size_t ahead = 0) const;
  /// The one that was taken last.
  [[nodiscard]] const token& last() const { return tokens_[at_ > 0 ? at_ - 1 : 0]; }
  const token& next();
  [[nodiscard]] std::size_t position() const { return at_; }
  void go_to(std::size_t position);

  [[nodiscard]] bool take(char symbol);
  void want(char symbol);
  /// The semicolon of a statement. The next line is not swallowed where it is missing.
  void want_end();
  [[nodiscard]] std::string name(std::string_view what);
  /// A text without its quotes and escapes.
  [[nodiscard]] std::string text();
  [[nodiscard]] double number();
  /// A whole number, also written as 1.0; what is beyond 63 bits is the greatest that is not.
  [[nodiscard]] std::int64_t integer();
  /// A whole number from 0 on.
  [[nodiscard]] std::uint32_t small(std::uint32_t maximum);

 private:
  [[noreturn]] void refuse(std::string_view wanted) const;

  const std::vector<token>& tokens_;
  std::size_t at_ = 0;
};

/// The beginning of a token as a complaint shows it.
[[nodiscard]] std::string shown(const token& what);

} // namespace voltaic::messages::dbc
