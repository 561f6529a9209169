#include "messages/profiles/json_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace voltaic::messages::profiles {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t reason_bytes_max = 160;
/// Keys may be as long as the file; what is said about them may not.
constexpr std::size_t finding_bytes_max = 400;

/// Walks over the same tokens as the parser, in step with its events.
class token_cursor {
 public:
  explicit token_cursor(std::string_view text)
      : text_(text), at_(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0) {}

  /// Start of the next token.
  std::size_t next_start() {
    constexpr std::string_view between = " \t\r\n,:";
    while (at_ < text_.size() && between.find(text_[at_]) != std::string_view::npos) ++at_;
    return at_;
  }

  /// Passes over the next token and gives its start.
  std::size_t take() {
    const std::size_t start = next_start();
    if (start >= text_.size()) return start;
    ++at_;
    if (text_[start] == '"') {
      while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
      ++at_;
    } else if (std::string_view("{}[]").find(text_[start]) == std::string_view::npos) {
      constexpr std::string_view ends = " \t\r\n,:{}[]\"";
      while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos) ++at_;
    }
    return start;
  }

 private:
  std::string_view text_;
  std::size_t at_;
};

/// "[json.exception...] parse error at line 1, column 5: reason" to the reason.
std::string reason_of(std::string_view what) {
  const auto column = what.find(", column ");
  if (column != std::string_view::npos) {
    const auto colon = what.find(": ", column);
    if (colon != std::string_view::npos) what.remove_prefix(colon + 2);
  } else if (what.starts_with('[')) {
    what.remove_prefix(std::min(what.size(), what.find("] ") + 2));
  }
  return std::string(what.substr(0, reason_bytes_max));
}

/// Receives the parser's events and builds the tree.
class tree_builder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  tree_builder(std::string_view text, const json_limits& limits, finding_collector& found)
      : limits_(limits), found_(found), cursor_(text) {}

  bool null() { return put({}); }
  bool boolean(bool value) {
    json_node node;
    node.type = json_node::kind::boolean;
    node.boolean = value;
    return put(std::move(node));
  }
  bool number_integer(number_integer_t value) {
    json_node node;
    node.type = json_node::kind::integer;
    node.integer = value;
    node.real = static_cast<double>(value);
    return put(std::move(node));
  }
  bool number_unsigned(number_unsigned_t value) {
    constexpr auto integer_max =
        static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max());
    if (value <= integer_max) return number_integer(static_cast<number_integer_t>(value));
    return number_float(static_cast<double>(value), {});
  }
  bool number_float(number_float_t value, const string_t&) {
    json_node node;
    node.type = json_node::kind::real;
    node.real = value;
    return put(std::move(node));
  }
  bool string(string_t& value) {
    json_node node;
    node.type = json_node::kind::text;
    node.text = value;
    return put(std::move(node));
  }
  bool binary(binary_t&) { return false; }

  bool start_object(std::size_t) { return open(json_node::kind::object); }
  bool start_array(std::size_t) { return open(json_node::kind::array); }
  bool key(string_t& value) {
    const std::size_t offset = cursor_.take();
    level& top = levels_.back();
    if (!top.keys.insert(value).second)
      found_.add(offset, fmt::format("key \"{}\" stands twice", value));
    top.node.members.push_back({value, offset, {}});
    return true;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  template <class Exception>
  bool parse_error(std::size_t, const std::string&, const Exception& error) {
    found_.add(cursor_.next_start(), reason_of(error.what()));
    return false;
  }

  [[nodiscard]] json_node take_root() { return std::move(root_); }

 private:
  /// An object or array that is not closed yet.
  struct level {
    json_node node;
    std::unordered_set<std::string> keys;
  };

  bool put(json_node&& node) {
    node.offset = cursor_.take();
    return attach(std::move(node));
  }
  bool attach(json_node&& node) {
    if (++values_ > limits_.values_max) {
      found_.add(node.offset, fmt::format("more than {} values", limits_.values_max));
      return false;
    }
    if (levels_.empty()) {
      root_ = std::move(node);
    } else if (levels_.back().node.type == json_node::kind::array) {
      levels_.back().node.elements.push_back(std::move(node));
    } else {
      levels_.back().node.members.back().value = std::move(node);
    }
    return true;
  }
  bool open(json_node::kind type) {
    level opened;
    opened.node.type = type;
    opened.node.offset = cursor_.take();
    if (levels_.size() >= limits_.nesting_max) {
      found_.add(opened.node.offset, fmt::format("nested deeper than {}", limits_.nesting_max));
      return false;
    }
    levels_.push_back(std::move(opened));
    return true;
  }
  bool close() {
    cursor_.take();
    json_node node = std::move(levels_.back().node);
    levels_.pop_back();
    return attach(std::move(node));
  }

  const json_limits& limits_;
  finding_collector& found_;
  token_cursor cursor_;
  std::vector<level> levels_;
  json_node root_;
  std::size_t values_ = 0;
};

} // namespace

const json_member* json_node::find(std::string_view key) const {
  for (const auto& member : members)
    if (member.key == key) return &member;
  return nullptr;
}

finding_collector::finding_collector(std::string_view text, std::string_view file,
                                     std::size_t findings_max)
    : text_(text), file_(file), findings_max_(findings_max), line_starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') line_starts_.push_back(i + 1);
}

void finding_collector::add(std::size_t offset, std::string text) {
  if (findings_.size() >= findings_max_) return;
  if (text.size() > finding_bytes_max) text.resize(finding_bytes_max);
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::size_t start = *(after - 1);
  // A column is a character as an editor counts it: UTF-8 continuation bytes are none.
  const auto is_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto line = text_.substr(start, offset - start);
  const auto column = std::count_if(line.begin(), line.end(), is_character) + 1;
  findings_.push_back({file_, static_cast<std::uint32_t>(after - line_starts_.begin()),
                       static_cast<std::uint32_t>(column), std::move(text)});
}

findings finding_collector::take() {
  std::stable_sort(findings_.begin(), findings_.end(), [](const finding& a, const finding& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return std::move(findings_);
}

std::optional<json_node> parse_json(std::string_view text, const json_limits& limits,
                                    finding_collector& found) {
  tree_builder builder(text, limits, found);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  return builder.take_root();
}

} // namespace voltaic::messages::profiles
