#include <algorithm>
#include <cassert>
#include <map>

#include "messages/alarms/alarm_texts.hpp"
#include "messages/alarms/embedded.hpp"

namespace voltaic::messages::alarms {

namespace {

constexpr std::string_view english = "en";

// Parsed once. A file that cannot be read does not pass the tests.
const std::map<std::string_view, alarm_texts>& all() {
  static const auto made = [] {
    std::map<std::string_view, alarm_texts> read;
    for (const auto& file : embedded_texts()) {
      auto texts = alarm_texts::parse(file.json, file.language);
      if (texts) read.emplace(file.language, *std::move(texts));
    }
    return read;
  }();
  return made;
}

} // namespace

std::string language_of(std::string_view locale) {
  const auto end = std::min(locale.find_first_of("_.@"), locale.size());
  const auto language = locale.substr(0, end);
  const bool names_none = language.empty() || language == "C" || language == "POSIX";
  return std::string(names_none ? english : language);
}

std::vector<std::string_view> languages() {
  std::vector<std::string_view> names;
  for (const auto& [name, texts] : all()) names.push_back(name);
  return names;
}

const alarm_texts& texts_in(std::string_view language) {
  const auto own = all().find(language);
  if (own != all().end()) return own->second;
  const auto fallback = all().find(english);
  assert(fallback != all().end());
  return fallback->second;
}

} // namespace voltaic::messages::alarms
