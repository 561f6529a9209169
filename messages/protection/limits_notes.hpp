#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "messages/finding.hpp"
#include "messages/toml_text.hpp"

namespace voltaic::messages::protection {

/// Reads values of a file of limits and notes what is wrong with it, so that all of it is told at
/// once. Only limits_file.cpp and level_file.cpp include this.
class limits_notes {
 public:
  explicit limits_notes(std::string file) : file_(std::move(file)) {}

  void report(toml::source_position at, std::string text);
  /// What was noted so far.
  [[nodiscard]] std::size_t count() const { return found_.size(); }
  /// All of it by its place.
  [[nodiscard]] findings take_findings();

  /// A text that is not empty; nothing, and noted, where it is none.
  std::optional<std::string> text_of(const toml::key& key, const toml::node& value);
  /// A finite number; 0, and noted, where it is none.
  double number_of(const toml::key& key, const toml::node& value);
  /// The same of a whole number within bounds, both of which it may be.
  std::uint32_t whole_of(const toml::key& key, const toml::node& value, std::int64_t minimum,
                         std::int64_t maximum);
  void unknown_key(const toml::key& key, std::string_view expected);
  void missing_key(const toml::table& owner, std::string_view key, std::string_view of);

 private:
  std::string file_;
  findings found_;
};

} // namespace voltaic::messages::protection
