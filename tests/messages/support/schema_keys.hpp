#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace voltaic::tests {

/// The objects of a JSON Schema, by name, have exactly the keys of these rules, and no others.
template <class Rules>
void check_schema_keys(const std::map<std::string, nlohmann::json>& objects, const Rules& rules) {
  std::map<std::string, std::set<std::string>> known;
  std::map<std::string, std::set<std::string>> required;
  for (const auto& rule : rules) {
    known[std::string(rule.object)].emplace(rule.key);
    if (rule.required) required[std::string(rule.object)].emplace(rule.key);
  }
  CHECK(objects.size() == known.size());
  for (const auto& [name, object] : objects) {
    INFO(name);
    std::set<std::string> properties;
    for (const auto& [key, value] : object.at("properties").items()) properties.insert(key);
    CHECK(properties == known[name]);
    CHECK(object.at("required").template get<std::set<std::string>>() == required[name]);
    CHECK(object.at("additionalProperties") == false);
  }
}

} // namespace voltaic::tests
