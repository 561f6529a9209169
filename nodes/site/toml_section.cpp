#include "nodes/site/toml_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "messages/nearest_word.hpp"
#include "nodes/site/duration.hpp"

namespace voltaic::nodes::site {

namespace {

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date-time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

// Days since 1970-01-01 of the proleptic Gregorian calendar.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const auto day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

std::int64_t to_utc_us(const toml::date_time& value) {
  const auto days = days_from_civil(value.date.year, value.date.month, value.date.day);
  const auto seconds = ((days * 24 + value.time.hour) * 60 + value.time.minute) * 60 +
                       value.time.second - value.offset->minutes * 60;
  return seconds * 1'000'000 + value.time.nanosecond / 1000;
}

} // namespace

void reporter::add(position at, std::string text) {
  found_.push_back({file_, at.line, at.column, std::move(text)});
}

void reporter::add(messages::findings others) {
  for (auto& other : others) found_.push_back(std::move(other));
}

messages::findings reporter::take() {
  const auto key = [](const messages::finding& f) {
    return std::tie(f.file, f.line, f.column, f.text);
  };
  std::sort(found_.begin(), found_.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
  return std::move(found_);
}

position position_of(const toml::node& node) {
  const auto& begin = node.source().begin;
  return {begin.line, begin.column};
}

section::section(const toml::table& table, std::string title, reporter& report,
                 const named_ranges& ranges)
    : table_(table), title_(std::move(title)), report_(report), ranges_(ranges) {}

void section::wrong_type(std::string_view key, std::string_view wanted, const toml::node& found) {
  report_.add(position_of(found),
              fmt::format("{}: expected {}, found {}", key, wanted, type_name(found)));
}

const toml::node* section::node(std::string_view key) {
  known_.push_back(key);
  return table_.get(key);
}

void section::require(std::string_view key) {
  if (!has(key)) report_.add(at(), fmt::format("{}: the key {} is missing", title_, key));
}

bool section::begins_with_variable(std::string_view key) const {
  const auto* found = table_.get_as<std::string>(key);
  return found != nullptr && found->get().starts_with("${");
}

std::optional<located<std::string>> section::text(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto* value = found->as_string();
  if (value == nullptr) {
    wrong_type(key, "a string", *found);
    return std::nullopt;
  }
  if (value->get().find('\0') != std::string::npos) {
    report_.add(position_of(*found), fmt::format("{}: a NUL character is not allowed", key));
    return std::nullopt;
  }
  auto expanded = expand_variables(value->get());
  if (!expanded) {
    report_.add(position_of(*found), fmt::format("{}: {}", key, expanded.error().text));
    return std::nullopt;
  }
  if (expanded->empty()) {
    report_.add(position_of(*found), fmt::format("{}: must not be empty", key));
    return std::nullopt;
  }
  return located<std::string>{*std::move(expanded), position_of(*found)};
}

std::optional<located<std::int64_t>> section::integer(std::string_view key, std::int64_t minimum,
                                                      std::int64_t maximum) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto* value = found->as_integer();
  if (value == nullptr) {
    wrong_type(key, "an integer", *found);
    return std::nullopt;
  }
  if (value->get() < minimum || value->get() > maximum) {
    report_.add(position_of(*found), fmt::format("{}: expected {} to {}, found {}", key, minimum,
                                                 maximum, value->get()));
    return std::nullopt;
  }
  return located<std::int64_t>{value->get(), position_of(*found)};
}

std::optional<located<double>> section::number(std::string_view key, double minimum,
                                               double maximum) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) {
    wrong_type(key, "a number", *found);
    return std::nullopt;
  }
  const double value = *found->value<double>();
  if (!(value >= minimum && value <= maximum)) {
    report_.add(position_of(*found),
                fmt::format("{}: expected {} to {}, found {}", key, minimum, maximum, value));
    return std::nullopt;
  }
  return located<double>{value, position_of(*found)};
}

std::optional<located<bool>> section::boolean(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto* value = found->as_boolean();
  if (value == nullptr) {
    wrong_type(key, "a boolean", *found);
    return std::nullopt;
  }
  return located<bool>{value->get(), position_of(*found)};
}

std::optional<located<std::uint32_t>> section::duration_ms(std::string_view key,
                                                           std::uint32_t minimum_ms,
                                                           std::uint32_t maximum_ms) {
  const auto found = text(key);
  if (!found) return std::nullopt;
  const auto value = parse_duration_ms(found->value);
  if (!value) {
    report_.add(found->at, fmt::format("{}: expected a duration as 500ms, 20s or 5m, found \"{}\"",
                                       key, found->value));
    return std::nullopt;
  }
  if (*value < minimum_ms || *value > maximum_ms) {
    report_.add(found->at, fmt::format("{}: expected {}ms to {}ms, found {}", key, minimum_ms,
                                       maximum_ms, found->value));
    return std::nullopt;
  }
  return located<std::uint32_t>{static_cast<std::uint32_t>(*value), found->at};
}

std::optional<located<std::vector<std::string>>> section::texts(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto* array = found->as_array();
  if (array == nullptr) {
    wrong_type(key, "an array of strings", *found);
    return std::nullopt;
  }
  located<std::vector<std::string>> result;
  result.at = position_of(*found);
  for (const auto& element : *array) {
    if (const auto* value = element.as_string())
      result.value.push_back(value->get());
    else
      wrong_type(key, "a string", element);
  }
  return result;
}

std::optional<located<std::string>> section::word(std::string_view key,
                                                  const std::vector<std::string_view>& allowed) {
  auto found = text(key);
  if (!found) return std::nullopt;
  if (std::find(allowed.begin(), allowed.end(), found->value) == allowed.end()) {
    report_.add(found->at, fmt::format("{}: expected {}, found \"{}\"", key,
                                       fmt::join(allowed, " or "), found->value));
    return std::nullopt;
  }
  return found;
}

std::optional<located<std::int64_t>> section::utc_us(std::string_view key) {
  const auto* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto* value = found->as_date_time();
  if (value == nullptr || !value->get().offset) {
    report_.add(position_of(*found),
                fmt::format("{}: expected a date-time with offset as 2026-01-31T12:00:00Z", key));
    return std::nullopt;
  }
  return located<std::int64_t>{to_utc_us(value->get()), position_of(*found)};
}

void section::finish() {
  for (const auto& [key, value] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    auto words = fmt::format("{}: unknown key {}", title_, key.str());
    if (const auto near = messages::nearest_word(key.str(), known_); !near.empty())
      words += fmt::format(", did you mean {}?", near);
    const auto& begin = key.source().begin;
    report_.add({begin.line, begin.column}, std::move(words));
  }
}

} // namespace voltaic::nodes::site
