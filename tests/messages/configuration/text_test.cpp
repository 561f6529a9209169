#include "messages/configuration/text.hpp"

#include "support/sample_configuration.hpp"

namespace configuration_text_test {

using namespace voltaic::messages::configuration;
using voltaic::tests::sample_configuration;

TEST_CASE("the canonical text of a configuration reads back to the same, and to the same text") {
  for (const auto* chemistry : {"lfp", "nmc"}) {
    auto each = sample_configuration(chemistry);
    each.hard_wired_opening = "relay \"K1\"\n\\ \t \xc3\xa4";
    each.limits.candidates[0].limits[0].set += 1e-13;
    const auto text = canonical_text(each);
    const auto read = read_configuration(text);
    INFO((read ? "" : read.error().text));
    REQUIRE(read);
    CHECK(*read == each);
    CHECK(canonical_text(*read) == text);
  }
}

TEST_CASE("the same configuration has the same hash, another has another") {
  auto one = sample_configuration();
  const auto hash = content_hash(canonical_text(one));
  CHECK(hash.size() == 16);
  CHECK(hash == content_hash(canonical_text(sample_configuration())));
  one.limits.candidates.back().limits.back().clear_ms += 1;
  CHECK(hash != content_hash(canonical_text(one)));
  CHECK(content_hash("") == "cbf29ce484222325");
}

TEST_CASE("a text from before closings' spacing could be stated means the ten seconds of then") {
  auto text = canonical_text(sample_configuration());
  const std::string line = "closing_spacing_s = 10\n";
  REQUIRE(text.find(line) != std::string::npos);
  const auto read = read_configuration(text.erase(text.find(line), line.size()));
  REQUIRE(read);
  CHECK(read->closing_spacing_s == 10);
}

TEST_CASE("a profile's content is what it says beside ratings, derating, lease and version") {
  const auto hash = profile_content_hash(R"({"name":"a","points":[1, 2],"version":1})");
  CHECK(hash == profile_content_hash(
                    R"({"version":2, "points":[1,2],"name":"a","ratings":{"capacity_ah":1},
                        "derating":{},"lease":{"mode":"none"},"commissioned":true})"));
  CHECK(hash != profile_content_hash(R"({"name":"a","points":[1,3],"version":1})"));
  CHECK(profile_content_hash("{\"a\":\"\xff\"}").size() == 16);
  CHECK(profile_content_hash("no JSON") == content_hash("no JSON"));
}

TEST_CASE("a text that was cut, changed or is none is refused, whatever it is") {
  const auto text = canonical_text(sample_configuration());
  CHECK_FALSE(read_configuration(""));
  CHECK_FALSE(read_configuration("x = ["));
  const auto with = [&](const std::string& from, const std::string& to) {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return read_configuration(changed);
  };
  CHECK_FALSE(with("bus = \"can0\"\n", ""));
  CHECK_FALSE(with("bus = \"can0\"", "bus = 1"));
  CHECK_FALSE(with("capacity_ah = 280", "capacity_ah = nan"));
  CHECK_FALSE(with("capacity_ah = 280", "capacity_ah = 280\nsurprise = 1"));
  CHECK_FALSE(with("charge_by_soc = [[", "charge_by_soc = [[1, 2, 3], ["));
  CHECK_FALSE(with("latch = \"user\"", "latch = \"none\"")); // the rules of protection files hold
  CHECK_FALSE(with("[derating]", "[other]"));
  for (std::size_t length = 0; length < text.size(); length += 97) {
    const auto cut = read_configuration(text.substr(0, length));
    if (cut) CHECK(canonical_text(*cut) != text); // at the end of a candidate it is a shorter one
  }
}

} // namespace configuration_text_test
