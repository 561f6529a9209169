#include "messages/configuration/profile_words.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace voltaic::messages::configuration {
namespace {

using nlohmann::json;

constexpr const char* item = "profile_content";

std::string text_of(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

/// What a member of a list is called; its place says nothing when another is put before it.
std::string name_in_list(const json& element) {
  if (!element.is_object()) return {};
  for (const auto* key : {"name", "point", "field"})
    if (const auto found = element.find(key); found != element.end() && found->is_string())
      return found->get<std::string>();
  return {};
}

void flatten(const json& value, const std::string& path, std::map<std::string, std::string>& into) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, each] : value.items()) flatten(each, path + "/" + key, into);
  } else if (value.is_array() && !value.empty() && value.front().is_structured()) {
    std::set<std::string> taken;
    for (std::size_t at = 0; at < value.size(); ++at) {
      auto name = name_in_list(value[at]);
      if (name.empty() || !taken.insert(name).second) name = fmt::format("{}[{}]", name, at);
      flatten(value[at], path + "/" + name, into);
    }
  } else {
    into[path] = text_of(value);
  }
}

} // namespace

std::string profile_words(std::string_view profile) {
  auto content = json::parse(profile, nullptr, false);
  if (!content.is_object()) return std::string(profile);
  for (const auto* each : {"version", "ratings", "derating", "lease", "commissioned"})
    content.erase(each);
  return text_of(content);
}

std::vector<change> word_changes(std::string_view before, std::string_view after) {
  const auto was = json::parse(before, nullptr, false);
  const auto is = json::parse(after, nullptr, false);
  if (!was.is_object() || !is.is_object()) return {};
  std::map<std::string, std::string> former;
  std::map<std::string, std::string> wanted;
  flatten(was, item, former);
  flatten(is, item, wanted);
  std::vector<change> found;
  for (const auto& [path, value] : former) {
    const auto now = wanted.find(path);
    if (now == wanted.end())
      found.push_back({path, value, {}, effect::replaces});
    else if (now->second != value)
      found.push_back({path, value, now->second, effect::replaces});
  }
  for (const auto& [path, value] : wanted)
    if (!former.contains(path)) found.push_back({path, {}, value, effect::replaces});
  if (found.size() <= word_changes_max) return found;
  const auto rest = found.size() - (word_changes_max - 1);
  found.resize(word_changes_max - 1);
  found.push_back({item, {}, fmt::format("{} more changes", rest), effect::replaces});
  return found;
}

} // namespace voltaic::messages::configuration
