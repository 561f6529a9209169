#include "nodes/site/expand.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstdlib>
#include <optional>

namespace voltaic::nodes::site {

namespace {

// What stands between braces, and the number that each member gives.
struct range {
  std::size_t begin = 0; ///< of the opening brace
  std::size_t end = 0;   ///< behind the closing brace
  bounds members;
  std::int64_t divisor = 1;
  std::int64_t modulus = 0; ///< 0: none
  [[nodiscard]] std::int64_t number_of(std::int64_t member) const {
    return modulus > 0 ? member % modulus : member / divisor;
  }
};

std::optional<std::int64_t> parse_decimal(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty() || text.front() == '-') return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  if (!text.starts_with("0x")) return parse_decimal(text);
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

messages::failure no_range(std::string_view text, const named_ranges& named) {
  if (named.empty())
    return messages::failure{fmt::format("\"{}\": expected a range as {{0..7}}", text)};
  std::vector<std::string_view> names;
  for (const auto& [name, members] : named) names.push_back(name);
  return messages::failure{fmt::format(
      "\"{}\": expected a range as {{0..7}}, or one of [range]: {}", text, fmt::join(names, ", "))};
}

// `rack`, `rack/2` or `rack%2`.
std::optional<range> find_named(std::string_view inside, const named_ranges& named) {
  const auto sign = inside.find_first_of("/%");
  const auto found = named.find(inside.substr(0, sign));
  if (found == named.end()) return std::nullopt;
  range result;
  result.members = found->second;
  if (sign == std::string_view::npos) return result;
  const auto number = parse_decimal(inside.substr(sign + 1));
  if (!number || *number == 0) return std::nullopt;
  (inside[sign] == '/' ? result.divisor : result.modulus) = *number;
  return result;
}

// No range: an empty optional. A malformed one: a failure.
messages::expected<std::optional<range>> find_range(std::string_view text,
                                                    const named_ranges& named) {
  const auto begin = text.find_first_of("{}");
  if (begin == std::string_view::npos) return std::optional<range>();
  const auto end = text.find('}', begin);
  if (text[begin] == '}' || end == std::string_view::npos) return no_range(text, named);
  if (text.find_first_of("{}", end + 1) != std::string_view::npos)
    return messages::failure{fmt::format("\"{}\": one range at most", text)};
  const auto inside = text.substr(begin + 1, end - begin - 1);
  range result;
  if (inside.find("..") == std::string_view::npos) {
    const auto found = find_named(inside, named);
    if (!found) return no_range(text, named);
    result = *found;
  } else {
    const auto members = parse_bounds(inside);
    if (!members) return messages::failure{fmt::format("\"{}\": {}", text, members.error().text)};
    result.members = *members;
  }
  result.begin = begin;
  result.end = end + 1;
  return std::optional<range>(result);
}

} // namespace

messages::expected<bounds> parse_bounds(std::string_view text) {
  const messages::failure expected_form{"expected a range as {0..7}"};
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return expected_form;
  const auto first = parse_decimal(text.substr(0, dots));
  const auto last = parse_decimal(text.substr(dots + 2));
  if (!first || !last) return expected_form;
  if (*last < *first) return messages::failure{"the range must rise"};
  if (*last - *first >= range_length_max)
    return messages::failure{fmt::format("a range has at most {} members", range_length_max)};
  return bounds{*first, *last};
}

messages::expected<std::string> expand_variables(std::string_view text) {
  std::string result;
  while (true) {
    const auto begin = text.find("${");
    result.append(text.substr(0, begin));
    if (begin == std::string_view::npos) return result;
    const auto end = text.find('}', begin);
    if (end == std::string_view::npos)
      return messages::failure{fmt::format("\"{}\": ${{ without its }}", text)};
    const std::string name(text.substr(begin + 2, end - begin - 2));
    const char* value = std::getenv(name.c_str());
    if (value == nullptr)
      return messages::failure{fmt::format("the environment variable {} is not set", name)};
    result.append(value);
    text.remove_prefix(end + 1);
  }
}

messages::expected<std::vector<std::string>> expand_range(std::string_view text,
                                                          const named_ranges& named) {
  const auto found = find_range(text, named);
  if (!found) return found.error();
  const auto& range = found.value();
  if (!range) return std::vector<std::string>{std::string(text)};
  std::vector<std::string> result;
  for (auto member = range->members.first; member <= range->members.last; ++member)
    result.push_back(fmt::format("{}{}{}", text.substr(0, range->begin), range->number_of(member),
                                 text.substr(range->end)));
  return result;
}

messages::expected<std::vector<std::int64_t>> expand_numbers(std::string_view text,
                                                             const named_ranges& named) {
  constexpr std::int64_t number_max = 1LL << 32;
  const messages::failure expected_form{
      fmt::format("\"{}\": expected a number, or a range and its step as {{0..7}}*0xC0", text)};
  const auto found = find_range(text, named);
  if (!found) return found.error();
  const auto& range = found.value();
  if (!range) {
    const auto number = parse_number(text);
    if (!number || *number > number_max) return expected_form;
    return std::vector<std::int64_t>{*number};
  }
  auto rest = text.substr(range->end);
  std::int64_t step = 1;
  if (!rest.empty()) {
    const auto number = rest.front() == '*' ? parse_number(rest.substr(1)) : std::nullopt;
    if (!number || *number > number_max) return expected_form;
    step = *number;
  }
  if (range->begin != 0 || range->members.last > number_max) return expected_form;
  std::vector<std::int64_t> result;
  for (auto member = range->members.first; member <= range->members.last; ++member) {
    const auto number = range->number_of(member);
    if (step != 0 && number > number_max / step) return expected_form;
    result.push_back(number * step);
  }
  return result;
}

} // namespace voltaic::nodes::site
