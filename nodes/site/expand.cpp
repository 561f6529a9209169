#include "nodes/site/expand.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <optional>

namespace voltaic::nodes::site {

namespace {

struct range {
  std::size_t begin = 0; ///< of the opening brace
  std::size_t end = 0;   ///< behind the closing brace
  std::int64_t first = 0;
  std::int64_t last = 0;
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

// No range: an empty optional. A malformed one: a failure.
messages::expected<std::optional<range>> find_range(std::string_view text) {
  const auto begin = text.find_first_of("{}");
  if (begin == std::string_view::npos) return std::optional<range>();
  const auto end = text.find('}', begin);
  const auto inside =
      end == std::string_view::npos ? std::string_view() : text.substr(begin + 1, end - begin - 1);
  const auto dots = inside.find("..");
  if (text[begin] == '}' || dots == std::string_view::npos)
    return messages::failure{fmt::format("\"{}\": expected a range as {{0..7}}", text)};
  if (text.find_first_of("{}", end + 1) != std::string_view::npos)
    return messages::failure{fmt::format("\"{}\": one range at most", text)};
  const auto first = parse_decimal(inside.substr(0, dots));
  const auto last = parse_decimal(inside.substr(dots + 2));
  if (!first || !last)
    return messages::failure{fmt::format("\"{}\": expected a range as {{0..7}}", text)};
  if (*last < *first) return messages::failure{fmt::format("\"{}\": the range must rise", text)};
  if (*last - *first >= range_length_max)
    return messages::failure{
        fmt::format("\"{}\": a range has at most {} members", text, range_length_max)};
  return std::optional<range>(range{begin, end + 1, *first, *last});
}

} // namespace

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

messages::expected<std::vector<std::string>> expand_range(std::string_view text) {
  const auto found = find_range(text);
  if (!found) return found.error();
  const auto& range = found.value();
  if (!range) return std::vector<std::string>{std::string(text)};
  std::vector<std::string> result;
  for (auto i = range->first; i <= range->last; ++i)
    result.push_back(
        fmt::format("{}{}{}", text.substr(0, range->begin), i, text.substr(range->end)));
  return result;
}

messages::expected<std::vector<std::int64_t>> expand_numbers(std::string_view text) {
  constexpr std::int64_t number_max = 1LL << 32;
  const messages::failure expected_form{
      fmt::format("\"{}\": expected a number, or a range and its step as {{0..7}}*0xC0", text)};
  const auto found = find_range(text);
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
  if (range->begin != 0 || range->last > number_max) return expected_form;
  std::vector<std::int64_t> result;
  for (auto i = range->first; i <= range->last; ++i) {
    if (step != 0 && i > number_max / step) return expected_form;
    result.push_back(i * step);
  }
  return result;
}

} // namespace voltaic::nodes::site
