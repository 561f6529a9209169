#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "messages/dbc/cursor.hpp"
#include "messages/dbc/draft.hpp"

namespace voltaic::messages::dbc {

/// Holds signals that belong to no message.
inline constexpr std::uint32_t independent_signals_id = 0xC000'0000;

/// What statements that speak of messages and signals by their names need.
class draft_reader : protected cursor {
 protected:
  explicit draft_reader(const std::vector<token>& tokens) : cursor(tokens) {}
  ~draft_reader() = default;
  draft_reader(const draft_reader&) = delete;
  draft_reader& operator=(const draft_reader&) = delete;

  /// To the end of a statement of no interest, which some have without a semicolon.
  virtual void pass_over() = 0;

  [[nodiscard]] std::uint32_t identifier() { return small(0xFFFF'FFFF); }
  /// The message that has it; refuses at `here` where none has.
  message& of_identifier(const token& here, std::uint32_t id);
  /// Of what is written about signals that belong to no message nothing is kept.
  bool is_of_nobody(std::uint32_t id);
  static signal* find_signal(message& in, std::string_view name_);
  /// The signal of that name; refuses at `here` where there is none.
  static signal& signal_of(message& in, const token& here, std::string_view name_);

  draft made_;
  std::unordered_map<std::uint32_t, std::size_t> positions_; ///< by the identifier as written
};

/// Reads what a file says about messages and signals beside what is on the wire: comments,
/// attributes and the texts of values.
class attribute_reader : protected draft_reader {
 protected:
  explicit attribute_reader(const std::vector<token>& tokens) : draft_reader(tokens) {}
  ~attribute_reader() = default;
  attribute_reader(const attribute_reader&) = delete;
  attribute_reader& operator=(const attribute_reader&) = delete;

  void comment();
  void attribute_definition();
  void attribute_default();
  void attribute();
  void attribute_relation();
  void value_texts();

 private:
  std::string& signal_comment(message& in);
  std::variant<double, std::string> attribute_value(const std::string& of);

  std::unordered_map<std::string, std::vector<std::string>> enumerations_;
};

} // namespace voltaic::messages::dbc
