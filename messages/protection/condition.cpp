#include "messages/protection/condition.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace voltaic::messages::protection {

namespace {

// A `#` stands for a number of zero or more.
struct form {
  clause::kind asks;
  std::string_view words;
};
constexpr std::array<form, 5> forms{{
    {clause::kind::charging_over, "charging over # C"},
    {clause::kind::discharging_over, "discharging over # C"},
    {clause::kind::current_under, "current under # C"},
    {clause::kind::soc_between, "soc between # and #"},
    {clause::kind::above_discharge_fault, "above the discharge fault value"},
}};
constexpr std::string_view joint = " or ";

std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

std::optional<double> number_of(std::string_view word) {
  double value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool whole = error == std::errc() && stop == word.data() + word.size();
  if (!whole || !std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

std::optional<clause> match(const form& expected, std::string_view text) {
  clause read{expected.asks};
  auto words = expected.words;
  std::size_t numbers = 0;
  while (!words.empty() && !text.empty()) {
    const auto word = take_word(words);
    const auto given = take_word(text);
    if (word != "#") {
      if (word != given) return std::nullopt;
      continue;
    }
    const auto value = number_of(given);
    if (!value) return std::nullopt;
    (numbers++ == 0 ? read.first : read.second) = *value;
  }
  if (!words.empty() || !text.empty()) return std::nullopt;
  if (read.asks == clause::kind::soc_between && read.first > read.second) return std::nullopt;
  return read;
}

std::optional<clause> parse_clause(std::string_view text) {
  if (text.ends_with(' ')) return std::nullopt;
  for (const auto& each : forms) {
    if (const auto read = match(each, text)) return read;
  }
  return std::nullopt;
}

} // namespace

std::optional<condition> parse_condition(std::string_view text) {
  condition all;
  while (!text.empty()) {
    const auto end = std::min(text.find(joint), text.size());
    const auto read = parse_clause(text.substr(0, end));
    if (!read) return std::nullopt;
    all.push_back(*read);
    const bool more = end < text.size();
    text.remove_prefix(more ? end + joint.size() : end);
    if (more && text.empty()) return std::nullopt;
  }
  return all;
}

} // namespace voltaic::messages::protection
