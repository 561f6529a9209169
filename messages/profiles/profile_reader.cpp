#include "messages/profiles/profile_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "messages/nearest_word.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr std::uint32_t version_max = 1'000'000;

/// Letters, digits and inner marks: what may safely become a file's name.
bool is_profile_name(std::string_view text) {
  const auto is_plain = [](char c) { return is_lower(c) || is_digit(c); };
  return !text.empty() && text.size() <= name_bytes_max && is_plain(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_plain(c) || c == '-' || c == '_'; });
}

} // namespace

std::optional<json_node> parse_profile_file(std::string_view text, finding_collector& found) {
  if (text.size() > profile_bytes_max) {
    found.add(0, fmt::format("longer than {} bytes", profile_bytes_max));
    return std::nullopt;
  }
  return parse_json(text, json_limits{.nesting_max = profile_nesting_max}, found);
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max && is_lower(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_channel(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max && is_upper(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_lower(c) || is_upper(c) || is_digit(c); });
}

profile_head read_profile_head(const object_reader& root) {
  profile_head head;
  head.name = root.text("name").value_or("");
  if (root.has("name") && !is_profile_name(head.name))
    root.add("name", "expected up to 64 of a-z, 0-9, '-' and '_'");
  head.version = root.whole<std::uint32_t>("version", 1, version_max);
  static_cast<void>(root.text("description"));
  static_cast<void>(root.text("$schema"));
  return head;
}

object_reader::object_reader(finding_collector& found, const json_node& node, std::string_view kind,
                             std::string path, std::size_t offset, std::span<const key_rule> rules)
    : found_(found), node_(node), path_(std::move(path)), offset_(offset) {
  if (!is_object()) {
    add("expected an object");
    return;
  }
  std::vector<std::string_view> known;
  for (const auto& rule : rules)
    if (rule.object == kind) known.push_back(rule.key);
  for (const auto& present : node_.members) {
    if (std::find(known.begin(), known.end(), present.key) != known.end()) continue;
    const auto near = messages::nearest_word(present.key, known);
    found_.add(present.offset,
               fmt::format("{}: unknown key{}", path_of(present.key),
                           near.empty() ? "" : fmt::format(", did you mean {}?", near)));
  }
  for (const auto& rule : rules)
    if (rule.object == kind && rule.required && !has(rule.key))
      add(fmt::format("missing key \"{}\"", rule.key));
}

std::size_t object_reader::offset(std::string_view key) const {
  const auto* found = member(key);
  return found != nullptr ? found->offset : offset_;
}

std::string object_reader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void object_reader::add(std::string_view key, std::string_view text) const {
  found_.add(offset(key), fmt::format("{}: {}", path_of(key), text));
}

void object_reader::add(std::string_view text) const {
  found_.add(offset_, path_.empty() ? std::string(text) : fmt::format("{}: {}", path_, text));
}

std::optional<std::string> object_reader::text(std::string_view key) const {
  const auto* found = member(key);
  if (found == nullptr) return std::nullopt;
  if (found->value.type == json_node::kind::text) return found->value.text;
  add(key, "expected text");
  return std::nullopt;
}

std::optional<std::string> object_reader::text_if(std::string_view key) const {
  const auto* found = member(key);
  if (found == nullptr || found->value.type != json_node::kind::text) return std::nullopt;
  return found->value.text;
}

std::optional<bool> object_reader::boolean(std::string_view key) const {
  const auto* found = member(key);
  if (found == nullptr) return std::nullopt;
  if (found->value.type == json_node::kind::boolean) return found->value.boolean;
  add(key, "expected true or false");
  return std::nullopt;
}

std::optional<double> object_reader::number(std::string_view key) const {
  const auto* found = member(key);
  if (found == nullptr) return std::nullopt;
  const auto type = found->value.type;
  if (type == json_node::kind::integer || type == json_node::kind::real)
    return found->value.real; // JSON has no infinity and no NaN
  add(key, "expected a number");
  return std::nullopt;
}

std::optional<std::int64_t> object_reader::integer(std::string_view key, std::int64_t minimum,
                                                   std::int64_t maximum) const {
  const auto* found = member(key);
  if (found == nullptr) return std::nullopt;
  const auto& value = found->value;
  if (value.type == json_node::kind::integer && value.integer >= minimum &&
      value.integer <= maximum)
    return value.integer;
  add(key, fmt::format("expected an integer from {} to {}", minimum, maximum));
  return std::nullopt;
}

const json_node* object_reader::object(std::string_view key) const {
  const auto* found = member(key);
  if (found == nullptr) return nullptr;
  if (found->value.type == json_node::kind::object) return &found->value;
  add(key, "expected an object");
  return nullptr;
}

const json_node* object_reader::array(std::string_view key, std::size_t elements_max) const {
  const auto* found = member(key);
  if (found == nullptr) return nullptr;
  if (found->value.type != json_node::kind::array) {
    add(key, "expected an array");
    return nullptr;
  }
  if (found->value.elements.size() <= elements_max) return &found->value;
  add(key, fmt::format("more than {} elements", elements_max));
  return nullptr;
}

} // namespace voltaic::messages::profiles
