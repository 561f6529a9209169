#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/finding.hpp"

/// JSON with places: the library gives none, so the tree is built from its
/// event stream while a cursor of our own walks over the same tokens.
namespace voltaic::messages::profiles {

struct json_member;

/// One value and where it stands.
struct json_node {
  /// What stands there.
  enum class kind : std::uint8_t { null, boolean, integer, real, text, array, object };
  kind type = kind::null;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;        ///< of integers too
  std::size_t offset = 0; ///< of the value's first byte
  std::string text;
  std::vector<json_node> elements;
  std::vector<json_member> members;

  /// The first member with that key, or nullptr.
  [[nodiscard]] const json_member* find(std::string_view key) const;
};

/// A key of an object and its value.
struct json_member {
  std::string key;
  std::size_t offset = 0; ///< of the key's opening quote
  json_node value;
};

/// Collects findings of one file and turns byte offsets into lines and columns.
class finding_collector {
 public:
  finding_collector(std::string_view text, std::string_view file, std::size_t findings_max);
  void add(std::size_t offset, std::string text);
  [[nodiscard]] bool empty() const { return findings_.empty(); }
  /// In the order of the file.
  [[nodiscard]] findings take();

 private:
  std::string_view text_;
  std::string file_;
  std::size_t findings_max_;
  std::vector<std::size_t> line_starts_;
  findings findings_;
};

/// What a text may hold; more is refused.
struct json_limits {
  std::size_t nesting_max = 32;
  std::size_t values_max = 200'000;
};

/// Parses strictly. Doubled keys are findings, and the first one counts; broken
/// syntax and too deep or too many values are a finding and give no tree.
[[nodiscard]] std::optional<json_node> parse_json(std::string_view text, const json_limits& limits,
                                                  finding_collector& found);

} // namespace voltaic::messages::profiles
