#include "messages/configuration/identity.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace identity_test {

using namespace voltaic::messages::configuration;

namespace {

const identity first{{"hardware_version", "3"}, {"module_serial[1]", "88"}, {"serial", "4711"}};

kept_identity accepted_by(const char* user) {
  return {first, approver{user, "service", "commissioned", 1'700'000'000'000'000}, first};
}

} // namespace

TEST_CASE("F-171 an identity is read back from its record as it was kept") {
  for (const auto& each : {accepted_by("ada"), kept_identity{first, std::nullopt, {}, true}}) {
    const auto read = decode_identity(encode_identity(each));
    REQUIRE(read);
    CHECK(*read == each);
  }
  // A device may say anything: what is no UTF-8 is shown as such, and stays the same.
  kept_identity odd;
  odd.known["serial"] = "\xFF\x01";
  const auto read = decode_identity(encode_identity(odd));
  REQUIRE(read);
  CHECK(encode_identity(*read) == encode_identity(odd));
  const auto& [body, is_sound] = GENERATE(table<std::string, bool>(
      {{"", false},
       {"{}", false},
       {R"({"known":{"a":1},"said":{},"accepted_by":null,"was_lost":false})", false},
       {R"({"known":{"a":"1"},"said":{},"accepted_by":{},"was_lost":false})", false},
       {R"({"known":{"a":"1"},"said":{},"accepted_by":null,"was_lost":false})", true}}));
  CHECK(decode_identity(body).has_value() == is_sound);
}

TEST_CASE("F-171 only what both say can be another value") {
  CHECK(differences(first, first).empty());
  CHECK(differences(first, {}).empty());
  CHECK(differences({}, first).empty());
  CHECK(differences(first, {{"serial", "4712"}, {"software_version", "9"}}) ==
        std::vector<std::string>{"serial: 4711 -> 4712"});
}

TEST_CASE("F-171 who accepts a device names all that it says and what it is silent on") {
  auto kept = accepted_by("ada");
  kept.said = {{"serial", "4712"}, {"software_version", "9"}};
  CHECK(text_of(with_said(kept)) ==
        "hardware_version 3, module_serial[1] 88, serial 4712, software_version 9");
  CHECK(hash_of(with_said(kept)) != hash_of(first));
  CHECK(hash_of(first).size() == 16);
}

TEST_CASE("F-171 a rack with another name or in another node has the identity of its place") {
  const std::vector<kept_version> kept{{"rack_0/identity", 5, "own", true},
                                       {"rack_0/identity", 9, "of another node", false},
                                       {"old_0/identity", 1, "former, older", false},
                                       {"old_0/identity", 2, "former", false},
                                       {"rack_0", 3, "a version", true}};
  CHECK(find_identity(kept, "rack_0", "") == "own");
  CHECK(find_identity(kept, "rack_0", "old_0") == "former");
  CHECK(find_identity(kept, "rack_0", "rack_0") == "of another node");
  CHECK_FALSE(find_identity(kept, "rack_1", ""));
}

} // namespace identity_test
