#include "messages/signatures/signature.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace signature_test {

using namespace voltaic::messages;
using namespace voltaic::messages::signatures;

namespace {

const std::string key = "ed25519:/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=";

signature sample() {
  return {{"harbour", "rack.json", 3, std::string(64, 'a'), key}, std::string(86, 'B') + "=="};
}

/// Line and words of what is wrong with a text.
std::pair<std::uint32_t, std::string> mistake_in(const std::string& text) {
  const auto read = read_signature(text, "rack.json.sig");
  const auto* found = std::get_if<finding>(&read);
  REQUIRE(found != nullptr);
  CHECK(found->file == "rack.json.sig");
  CHECK(found->column == 1);
  return {found->line, found->text};
}

std::string with(const std::string& from, const std::string& to) {
  auto text = text_of(sample());
  REQUIRE(text.find(from) != std::string::npos);
  return text.replace(text.find(from), from.size(), to);
}

} // namespace

TEST_CASE("F-183 a signature is a text of seven lines, and what is signed are six of them") {
  const auto text = text_of(sample());
  CHECK(text == "voltaic signature 1\nproject = harbour\nfile = rack.json\nversion = 3\nsha256 = " +
                    std::string(64, 'a') + "\nkey = " + key +
                    "\nsignature = " + std::string(86, 'B') + "==\n");
  const auto read = read_signature(text, "rack.json.sig");
  REQUIRE(std::holds_alternative<signature>(read));
  CHECK(std::get<signature>(read) == sample());
  CHECK(text == signed_text(sample().says) + "signature = " + sample().value + "\n");
}

TEST_CASE("F-183 what differs from a signature's one form is refused with line and reason") {
  const auto text = text_of(sample());
  CHECK(mistake_in("") == std::pair(1u, std::string("ends before \"voltaic signature 1\"")));
  CHECK(mistake_in("voltaic signature 2\n").first == 1);
  CHECK(mistake_in(with("project", "Project")).first == 2);
  for (const auto* project : {"", "a b", "-a", "a.", "\xc3\xa9"})
    CHECK(mistake_in(with("harbour", project)) ==
          std::pair(2u, std::string("expected the name of a project")));
  CHECK(mistake_in(with("harbour", std::string(project_length_max + 1, 'a'))).first == 2);
  for (const auto* file : {"", ".", "..", "../rack.json", "/rack.json", "rack\t.json"})
    CHECK(mistake_in(with("rack.json", file)).first == 3);
  for (const auto* version : {"", "-1", "03", "3 ", "+3", "4294967296", "three"})
    CHECK(mistake_in(with("version = 3", std::string("version = ") + version)) ==
          std::pair(4u, std::string("expected a version from 0 to 4294967295")));
  CHECK(mistake_in(with("sha256 = a", "sha256 = A")).first == 5);
  CHECK(mistake_in(with("sha256 = a", "sha256 = ")).first == 5);
  CHECK(mistake_in(with("ed25519:", "rsa:")).first == 6);
  CHECK(mistake_in(with("BB==\n", "BB=\n")).first == 7);
  CHECK(mistake_in(with("= BB", "= -B")).first == 7);
  CHECK(mistake_in(text + "\n").first == 8);
  CHECK(mistake_in(text.substr(0, text.size() - 1)) ==
        std::pair(7u, std::string("the line has no end")));
  CHECK(mistake_in(with("harbour\n", "harbour\r\n")).second.find("carriage return") !=
        std::string::npos);
  CHECK(mistake_in(std::string(signature_bytes_max + 1, 'a')).second.find("1024 bytes") !=
        std::string::npos);
}

TEST_CASE("the longest signature that can be written can be read") {
  auto longest = sample();
  longest.says.project = std::string(project_length_max, 'p');
  longest.says.file = std::string(file_name_length_max, 'f');
  longest.says.version = UINT32_MAX;
  CHECK(text_of(longest).size() == 613);
  CHECK(std::get<signature>(read_signature(text_of(longest), "x.sig")) == longest);
}

TEST_CASE("F-183 a sound signature of another key, project, name, content or version is none") {
  const auto says = sample().says;
  const trust by{"harbour", {"ed25519:other", key}};
  const auto why = [&](const trust& site, const signed_file& file) {
    return mismatch(says, site, file).value_or("");
  };
  CHECK(why(by, {"rack.json", says.sha256, 3}).empty());
  CHECK(why({"harbour", {"ed25519:other"}}, {"rack.json", says.sha256, 3})
            .find("none of the site's keys") != std::string::npos);
  CHECK(why({"quay", {key}}, {"rack.json", says.sha256, 3}) ==
        "is signed for project harbour, not for quay");
  CHECK(why(by, {"other.json", says.sha256, 3}).find("that of rack.json") != std::string::npos);
  CHECK(why(by, {"rack.json", std::string(64, 'b'), 3}).find("changed since") != std::string::npos);
  CHECK(why(by, {"rack.json", says.sha256, 4}).find("says that it is version 4") == 0);
}

TEST_CASE("a file's version is the number at its top level") {
  CHECK(stated_version(R"({"name": "a", "version": 7})") == 7);
  CHECK(stated_version(R"({"a": {"version": 7}})") == 0);
  for (const auto* none : {"", "[7]", "{}", R"({"version": "7"})", R"({"version": -7})",
                           R"({"version": 4294967296})", "version = 7"})
    CHECK(stated_version(none) == 0);
}

} // namespace signature_test
