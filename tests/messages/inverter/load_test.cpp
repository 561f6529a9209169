#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "messages/inverter/compatibility.hpp"
#include "messages/inverter/inverter_profiles.hpp"
#include "messages/support/schema_keys.hpp"

namespace inverter_load_test {

using namespace voltaic::messages;
using namespace voltaic::messages::inverter;
using namespace voltaic::tests;
using nlohmann::json;

namespace {

/// A small profile with one thing changed, and what the loader says about it.
std::string findings_of(const std::function<void(json&)>& change) {
  json profile = {
      {"name", "small"},
      {"version", 1},
      {"protocol", "can"},
      {"frames",
       {{{"id", "0x351"},
         {"length", 8},
         {"period_ms", 1000},
         {"fields", {{{"item", "charge_current_limit"}, {"byte", 2}, {"scale", 0.1}}}}}}}};
  change(profile);
  const auto loaded = load_inverter_profile(profile.dump(), "small.json");
  const auto* wrong = std::get_if<findings>(&loaded);
  return wrong == nullptr ? "" : to_text(*wrong);
}

std::map<std::string, json> schema_objects() {
  const auto root = json::parse(text_of(inverter_file("inverter_profile.schema.json")));
  std::map<std::string, json> objects{{"inverter", root}};
  for (const auto& [name, object] : root.at("$defs").items()) objects[name] = object;
  return objects;
}

} // namespace

TEST_CASE("mistakes in an inverter profile are found where they are") {
  CHECK(findings_of([](json&) {}).empty());
  struct mistake {
    std::function<void(json&)> change;
    const char* said;
  };
  const auto field = [](json& profile) -> json& { return profile["frames"][0]["fields"][0]; };
  const mistake mistakes[] = {
      {[](json& p) { p.erase("frames"); }, "missing key \"frames\""},
      {[](json& p) { p["frame"] = 1; }, "frame: unknown key, did you mean frames?"},
      {[](json& p) { p["name"] = "Big Name"; }, "name: expected"},
      {[](json& p) { p["frames"][0]["id"] = "351"; }, "expected 0x and 3 digits"},
      {[](json& p) { p["frames"][0].erase("period_ms"); }, "either \"period_ms\" or"},
      {[](json& p) { p["frames"][0]["phase_ms"] = 1000; }, "is not within the period"},
      {[](json& p) { p["frames"].push_back(p["frames"][0]); }, "another frame has this"},
      {[](json& p) {
         p["frames"][0].erase("period_ms");
         p["frames"][0]["on_request"] = "values";
       },
       "there is no request \"values\""},
      {[&](json& p) { field(p)["item"] = "charge_limit"; }, "there is no item \"charge_limit\""},
      {[&](json& p) { field(p)["constant"] = 1; }, "either \"item\" or \"constant\""},
      {[&](json& p) { field(p)["byte"] = 7; }, "does not fit into 8 bytes"},
      {[&](json& p) { field(p)["scale"] = 0; }, "must not be 0"},
      {[&](json& p) { field(p)["bits"] = 12; }, "lies within one byte"},
      {[&](json& p) { field(p)["missing"] = 70'000; }, "expected an integer from 0 to 65535"},
      {[&](json& p) { p["frames"][0]["fields"].push_back(field(p)); },
       "lies where another field lies"},
      {[](json& p) {
         p["frames"][0]["pairs"] = {"alarm_general", "soc"};
       },
       "element 1 names no alarm"},
      {[](json& p) { p["writes"] = json::array(); }, "writes: does not belong to this protocol"},
      {[](json& p) {
         p["options"] = {{"byte_order", "middle"}};
       },
       "expected one of little, big"},
      {[](json& p) { p["received"] = p["frames"]; }, "only a frame that is sent has it"},
  };
  for (const auto& each : mistakes) {
    const auto said = findings_of(each.change);
    INFO(said);
    CHECK(said.find(each.said) != std::string::npos);
    CHECK(said.starts_with("small.json:1:"));
  }
}

TEST_CASE("no prefix of an inverter profile is taken for one") {
  const auto text = text_of(inverter_file("pylontech_hv.json"));
  for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
    const auto loaded = load_inverter_profile(std::string_view(text).substr(0, length), "cut.json");
    CHECK(std::holds_alternative<findings>(loaded));
  }
}

TEST_CASE("every shipped inverter profile names its schema and loads") {
  int profiles = 0;
  for (const auto& entry : std::filesystem::directory_iterator(inverter_file(""))) {
    const auto name = entry.path().filename().string();
    const bool is_profile =
        name.ends_with(".json") && !name.ends_with(".schema.json") && name != "compatibility.json";
    if (!is_profile) continue;
    INFO(name);
    CHECK(json::parse(text_of(entry.path())).value("$schema", "") ==
          "inverter_profile.schema.json");
    const auto profile = load_inverter(name);
    CHECK((profile.frames.empty() != profile.writes.empty()));
    ++profiles;
  }
  CHECK(profiles >= 6);
}

TEST_CASE("every shipped inverter profile is valid by its schema") {
  const std::string command = "python3 " VOLTAIC_SOURCE_FOLDER
                              "/tests/messages/profiles/validate_profiles.py '" +
                              inverter_file("") + "'";
  constexpr int not_installed = 77;
  const int status = std::system(command.c_str());
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == not_installed)
    WARN("skipped: python3-jsonschema is not installed");
  else
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("the schema of inverter profiles lists exactly the keys and items that are known") {
  const auto objects = schema_objects();
  check_schema_keys(objects, key_rules());
  json names = json::array();
  for (const auto& each : items) names.push_back(each.name);
  CHECK(objects.at("field").at("properties").at("item").at("enum") == names);
}

TEST_CASE("batteries and inverters work together as the table says, and an objection counts") {
  const auto loaded = load_compatibility(R"({"pairs": [
    {"battery": "rack", "inverter": "pcs", "compatible": true},
    {"battery": "rack", "inverter": "pcs", "inverter_versions": [3, 4], "compatible": false}]})",
                                         "table.json");
  REQUIRE(std::holds_alternative<compatibility_table>(loaded));
  const auto& table = std::get<compatibility_table>(loaded);
  CHECK(find_match(table, {"rack", 1}, {"pcs", 2}) == match::compatible);
  CHECK(find_match(table, {"rack", 1}, {"pcs", 3}) == match::incompatible);
  CHECK(find_match(table, {"rack", 1}, {"pcs", 5}) == match::compatible);
  CHECK(find_match(table, {"other", 1}, {"pcs", 2}) == match::unknown);
  for (const auto* text : {"", "[]", "{}", R"({"pairs": [{"battery": "rack"}]})",
                           R"({"pairs": [{"battery": "a", "inverter": "b", "compatible": true,
                               "battery_versions": [2, 1]}]})"})
    CHECK(std::holds_alternative<findings>(load_compatibility(text, "table.json")));
}

TEST_CASE("what a device says of itself decides where the table asks for it") {
  const auto loaded = load_compatibility(R"({"pairs": [
    {"battery": "rack", "inverter": "pcs", "inverter_manufacturer": "Acme",
     "inverter_model": "P1", "inverter_firmware": ["1.9", "2.1"], "compatible": true},
    {"battery": "rack", "inverter": "pcs", "inverter_model": "P0", "compatible": false},
    {"battery": "rack", "battery_model": "B2", "inverter": "any", "compatible": true}]})",
                                         "table.json");
  REQUIRE(std::holds_alternative<compatibility_table>(loaded));
  const auto& table = std::get<compatibility_table>(loaded);
  const auto judge = [&](const told_identity& told) {
    return find_match(table, {"rack", 1}, {"pcs", 1, told});
  };
  CHECK(judge({}) == match::awaited);
  CHECK(judge({"Acme", "P1", "1.10.3"}) == match::compatible);
  CHECK(judge({"Acme", "P1", "v2.1.7"}) == match::compatible); // the range ends with all of 2.1
  CHECK(judge({"Acme", "P1", "1.8"}) == match::unknown);
  CHECK(judge({"Acme", "P1", "2.2"}) == match::unknown);
  CHECK(judge({"Acme", "P1", ""}) == match::unknown);
  CHECK(judge({"Other", "P1", "2.0"}) == match::unknown);
  CHECK(judge({"Other", "P0", "9"}) == match::incompatible);
  CHECK(find_match(table, {"rack", 1}, {"any", 1}) == match::awaited);
  CHECK(find_match(table, {"rack", 1, {"", "B2", ""}}, {"any", 1}) == match::compatible);
  CHECK(find_match(table, {"rack", 1, {"", "B1", ""}}, {"any", 1}) == match::unknown);
  for (const auto* range : {R"(["2", "1"])", R"(["1"])", R"([1, 2])", R"(["a", "b"])", R"("1")"}) {
    CAPTURE(range);
    const auto text = std::string(R"({"pairs": [{"battery": "a", "inverter": "b",
        "compatible": true, "inverter_firmware": )") +
                      range + "}]}";
    CHECK(std::holds_alternative<findings>(load_compatibility(text, "table.json")));
  }
}

TEST_CASE("the shipped table of batteries and inverters loads") {
  const auto loaded = load_compatibility(text_of(inverter_file("compatibility.json")), "");
  if (const auto* wrong = std::get_if<findings>(&loaded)) FAIL(to_text(*wrong));
}

} // namespace inverter_load_test
