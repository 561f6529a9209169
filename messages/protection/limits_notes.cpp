#include "messages/protection/limits_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace voltaic::messages::protection {

void limits_notes::report(toml::source_position at, std::string text) {
  found_.push_back({file_, at.line, at.column, std::move(text)});
}

findings limits_notes::take_findings() {
  std::ranges::sort(found_, {},
                    [](const finding& one) { return std::tuple(one.line, one.column, one.text); });
  return std::move(found_);
}

std::optional<std::string> limits_notes::text_of(const toml::key& key, const toml::node& value) {
  if (auto text = value.value<std::string>(); text && !text->empty()) return text;
  report(value.source().begin, fmt::format("{} must be a text", key.str()));
  return std::nullopt;
}

double limits_notes::number_of(const toml::key& key, const toml::node& value) {
  if (value.is_number()) {
    if (const auto number = *value.value<double>(); std::isfinite(number)) return number;
  }
  report(value.source().begin, fmt::format("{} must be a finite number", key.str()));
  return 0;
}

std::uint32_t limits_notes::whole_of(const toml::key& key, const toml::node& value,
                                     std::int64_t minimum, std::int64_t maximum) {
  const auto* number = value.as_integer();
  if (number && number->get() >= minimum && number->get() <= maximum) {
    return static_cast<std::uint32_t>(number->get());
  }
  report(value.source().begin,
         fmt::format("{} must be a whole number from {} to {}", key.str(), minimum, maximum));
  return 0;
}

void limits_notes::unknown_key(const toml::key& key, std::string_view expected) {
  report(key.source().begin,
         fmt::format("unknown key '{}', expected one of: {}", key.str(), expected));
}

void limits_notes::missing_key(const toml::table& owner, std::string_view key,
                               std::string_view of) {
  report(owner.source().begin, fmt::format("{} of {} is missing", key, of));
}

} // namespace voltaic::messages::protection
