#pragma once

#include "messages/toml.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/finding.hpp"
#include "nodes/site/expand.hpp"

/// Strict reading of TOML tables: every mistake becomes a finding with its place.
namespace voltaic::nodes::site {

/// A place in the file, from 1.
struct position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// A value and where it stands.
template <class T>
struct located {
  T value{};
  position at;
};

/// Collects findings of one file.
class reporter {
 public:
  explicit reporter(std::string file) : file_(std::move(file)) {}
  void add(position at, std::string text);
  void add(messages::findings others);
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] bool empty() const { return found_.empty(); }
  /// Sorted by file, line and column; equal ones once.
  [[nodiscard]] messages::findings take();

 private:
  std::string file_;
  messages::findings found_;
};

/// Where a node of the parsed file begins.
[[nodiscard]] position position_of(const toml::node& node);

/// One table. Each read names a key; `finish` reports the keys nobody named.
class section {
 public:
  /// `title` names the table in findings: "device". `ranges` outlives the section.
  section(const toml::table& table, std::string title, reporter& report,
          const named_ranges& ranges);

  [[nodiscard]] position at() const { return position_of(table_); }
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  void require(std::string_view key);
  /// The key's text as it stands in the file begins with `${`.
  [[nodiscard]] bool begins_with_variable(std::string_view key) const;

  /// Nothing when absent or wrong; what is wrong has been reported.
  [[nodiscard]] std::optional<located<std::string>> text(std::string_view key);
  [[nodiscard]] std::optional<located<std::int64_t>> integer(std::string_view key,
                                                             std::int64_t minimum,
                                                             std::int64_t maximum);
  [[nodiscard]] std::optional<located<double>> number(std::string_view key, double minimum,
                                                      double maximum);
  [[nodiscard]] std::optional<located<bool>> boolean(std::string_view key);
  [[nodiscard]] std::optional<located<std::uint32_t>> duration_ms(std::string_view key,
                                                                  std::uint32_t minimum_ms,
                                                                  std::uint32_t maximum_ms);
  [[nodiscard]] std::optional<located<std::vector<std::string>>> texts(std::string_view key);
  /// One of the words.
  [[nodiscard]] std::optional<located<std::string>> word(
      std::string_view key, const std::vector<std::string_view>& allowed);
  /// Microseconds since 1970 of a TOML date-time with offset.
  [[nodiscard]] std::optional<located<std::int64_t>> utc_us(std::string_view key);
  /// The node itself, for keys of several types.
  [[nodiscard]] const toml::node* node(std::string_view key);

  /// Reports unknown keys, with the known one that was probably meant.
  void finish();
  [[nodiscard]] reporter& report() { return report_; }
  /// What the file states in its table [range].
  [[nodiscard]] const named_ranges& ranges() const { return ranges_; }
  void wrong_type(std::string_view key, std::string_view wanted, const toml::node& found);

 private:
  const toml::table& table_;
  std::string title_;
  reporter& report_;
  const named_ranges& ranges_;
  std::vector<std::string_view> known_;
};

} // namespace voltaic::nodes::site
