#include "messages/points/names.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace voltaic::messages::points {
namespace {

constexpr std::string_view module_word = "module_";

std::optional<std::uint32_t> number(std::string_view digits) {
  std::uint32_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end || digits.empty()) return std::nullopt;
  return value;
}

/// The number behind the last `_` of `cell_3`.
std::optional<std::uint32_t> trailing_number(std::string_view word) {
  const auto line = word.rfind('_');
  if (line == std::string_view::npos || line == 0) return std::nullopt;
  return number(word.substr(line + 1));
}

std::string with_colons(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '|', ':');
  return out;
}

std::string_view local_name(std::string_view point) {
  const auto slash = point.rfind('/');
  return slash == std::string_view::npos ? point : point.substr(slash + 1);
}

char unified(char letter) {
  return letter == '|' ? ':' : letter;
}

} // namespace

expected<element_path> parse_path(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return failure{"path '" + std::string(text) + "': " + std::string(why)};
  };
  const std::string path = with_colons(text);
  element_path out;
  std::string_view rest = path;
  if (const auto open = rest.find('['); open != std::string_view::npos) {
    if (rest.back() != ']') return wrong("an index ends with ']'");
    out.index = number(rest.substr(open + 1, rest.size() - open - 2));
    if (!out.index) return wrong("an index is a number from 0");
    rest = rest.substr(0, open);
    if (rest.find(':') != std::string_view::npos) return wrong("an index or a scope, not both");
  }
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    // The shorthand has the whole scope behind the slash, the full form the point's name.
    const auto slash = rest.rfind('/', colon);
    const bool shorthand =
        rest.substr(slash == std::string_view::npos ? 0 : slash + 1).starts_with(module_word);
    const auto cut = shorthand && slash != std::string_view::npos ? slash : colon;
    out.scope = std::string(rest.substr(cut + 1));
    rest = rest.substr(0, cut);
    if (out.scope.empty()) return wrong("a scope is written module_1:cell_3");
  }
  if (rest.empty()) return wrong("the point's name is missing");
  out.point = std::string(rest);
  return out;
}

std::string scope_of(std::uint32_t index, std::uint32_t group_size, std::string_view element) {
  std::string out;
  if (group_size > 0) {
    out = std::string(module_word) + std::to_string(index / group_size) + ":";
    index %= group_size;
  }
  return out + std::string(element) + "_" + std::to_string(index);
}

std::vector<std::string> scopes_of(std::span<const std::uint32_t> indices, std::uint32_t group_size,
                                   std::string_view element) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < indices.size();) {
    // They rise, so a group that begins here and ends a group's size later is whole.
    const bool begins = group_size > 0 && indices[i] % group_size == 0;
    const std::size_t last = i + group_size - 1;
    const bool whole =
        begins && last < indices.size() && indices[last] == indices[i] + group_size - 1;
    if (whole)
      names.push_back(std::string(module_word) + std::to_string(indices[i] / group_size));
    else
      names.push_back(scope_of(indices[i], group_size, element));
    i += whole ? group_size : 1;
  }
  return names;
}

std::optional<std::uint32_t> flat_index(std::string_view scope, std::uint32_t group_size) {
  const auto cut = scope.find_first_of(":|");
  if (cut == std::string_view::npos) return trailing_number(scope);
  const auto module_part = scope.substr(0, cut);
  if (!module_part.starts_with(module_word)) return std::nullopt;
  const auto group = number(module_part.substr(module_word.size()));
  const auto member = trailing_number(scope.substr(cut + 1));
  if (!group || !member || *member >= group_size) return std::nullopt;
  const std::uint64_t index = std::uint64_t{*group} * group_size + *member;
  if (index > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(index);
}

std::string_view element_word(std::string_view point) {
  const auto local = local_name(point);
  if (local.starts_with("cell_temperature")) return "temperature";
  if (local.starts_with("cell_")) return "cell";
  return "element";
}

bool glob_match(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos; // the last `*`, to come back to
  std::size_t retry = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || unified(pattern[p]) == unified(name[n]))) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_aggregate(std::string_view point) {
  // All that the system says is of several racks, and so is what is said of an inverter's.
  if (point.starts_with("system/") || point.find("/battery/") != std::string_view::npos)
    return true;
  constexpr std::array<std::string_view, 5> endings = {"_min", "_max", "_average", "_min_index",
                                                       "_max_index"};
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return point.ends_with(ending); });
}

} // namespace voltaic::messages::points
