#include "messages/configuration/profile_words.hpp"

#include <catch2/catch.hpp>

#include "messages/configuration/text.hpp"

namespace profile_words_test {

using namespace voltaic::messages::configuration;

namespace {

std::vector<std::string> differences(const std::string& before, const std::string& after) {
  std::vector<std::string> lines;
  for (const auto& each : word_changes(before, after))
    lines.push_back(each.item + ": " + each.before + " -> " + each.after);
  return lines;
}

} // namespace

TEST_CASE("the words of a profile are what it says beside the configuration items") {
  const auto words = profile_words(R"({"version":2,"name":"a","ratings":{"x":1},"lease":{}})");
  CHECK(words == R"({"name":"a"})");
  CHECK(profile_content_hash(R"({"name":"a"})") == content_hash(words));
  CHECK(profile_words("no JSON") == "no JSON");
}

TEST_CASE("changes of a profile are told value by value, lists by the names in them") {
  using lines = std::vector<std::string>;
  CHECK(differences(R"({"a":1,"b":{"c":[1,2]}})", R"({"b":{"c":[1,3]},"d":"x"})") ==
        lines{"profile_content/a: 1 -> ", "profile_content/b/c: [1,2] -> [1,3]",
              "profile_content/d:  -> \"x\""});
  // Another member in front moves nothing.
  CHECK(differences(R"({"m":[{"name":"x","id":1}]})",
                    R"({"m":[{"name":"w","id":0},{"name":"x","id":1}]})") ==
        lines{"profile_content/m/w/id:  -> 0", "profile_content/m/w/name:  -> \"w\""});
  CHECK(differences(R"({"m":[{"point":"x","i":1},{"point":"x","i":2}]})",
                    R"({"m":[{"point":"x","i":1},{"point":"x","i":3}]})") ==
        lines{"profile_content/m/x[1]/i: 2 -> 3"});
  CHECK(differences("{}", "{}").empty());
  CHECK(differences("no JSON", "{}").empty());
}

TEST_CASE("many changes of a profile are counted beyond a bound") {
  std::string before = "{";
  std::string after = "{";
  for (std::size_t i = 0; i < word_changes_max + 10; ++i) {
    const auto key = (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":";
    before += key + "1";
    after += key + "2";
  }
  const auto lines = differences(before + "}", after + "}");
  REQUIRE(lines.size() == word_changes_max);
  CHECK(lines.back() == "profile_content:  -> 11 more changes");
}

} // namespace profile_words_test
