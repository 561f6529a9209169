#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "messages/protection/own_candidate.hpp"
#include "messages/protection/table.hpp"
#include "messages/support/profiles.hpp"
#include "messages/support/schema_keys.hpp"

namespace schema_test {

using namespace voltaic::tests;
using namespace voltaic::messages::profiles;
using nlohmann::json;

namespace {

json schema() {
  return json::parse(text_of(profile_file("device_profile.schema.json")));
}

/// The objects of the schema by the name that the loader gives them.
std::map<std::string, json> schema_objects() {
  const auto root = schema();
  std::map<std::string, json> objects{{"profile", root}};
  for (const auto& [name, object] : root.at("$defs").items()) objects[name] = object;
  return objects;
}

} // namespace

TEST_CASE("the published schema lists exactly the keys that the loader knows") {
  check_schema_keys(schema_objects(), key_rules());
}

TEST_CASE("every object and key of the published schema is described") {
  for (const auto& [name, object] : schema_objects()) {
    CHECK(object.contains("description"));
    for (const auto& [key, value] : object.at("properties").items()) {
      INFO(name << "." << key);
      CHECK((value.contains("description") || value.contains("$ref")));
    }
  }
}

TEST_CASE("the published schema lists exactly the candidates that a profile may name") {
  const json items =
      schema_objects().at("point").at("properties").at("protection").at("items").at("anyOf");
  const json listed = items.at(0).at("enum");
  std::vector<std::string> known;
  for (const auto& one : voltaic::messages::protection::known_candidates)
    known.emplace_back(one.name);
  CHECK(listed == json(known));
  // Or one of the point's own.
  CHECK(items.at(1).at("pattern") == "^[a-z][a-z0-9_]*_(high|low)$");
}

TEST_CASE("the published schema lists exactly the quantities whose limits a point may take") {
  std::vector<std::string> known;
  for (const auto& one : voltaic::messages::protection::quantities) known.emplace_back(one.name);
  CHECK(schema_objects().at("point").at("properties").at("quantity").at("enum") == json(known));
}

TEST_CASE("every shipped profile names the published schema and loads") {
  int profiles = 0;
  for (const auto& entry : std::filesystem::directory_iterator(profile_file(""))) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(".json") || name.ends_with(".schema.json")) continue;
    INFO(name);
    CHECK(json::parse(text_of(entry.path())).value("$schema", "") == "device_profile.schema.json");
    CHECK_FALSE(load_file(name).points.empty());
    ++profiles;
  }
  CHECK(profiles > 0);
}

TEST_CASE("every shipped profile is valid by the published schema") {
  const std::string command = "python3 " VOLTAIC_SOURCE_FOLDER
                              "/tests/messages/profiles/validate_profiles.py '" +
                              profile_file("") + "'";
  constexpr int not_installed = 77;
  const int status = std::system(command.c_str());
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == not_installed)
    WARN("skipped: python3-jsonschema is not installed");
  else
    CHECK(WEXITSTATUS(status) == 0);
}

} // namespace schema_test
