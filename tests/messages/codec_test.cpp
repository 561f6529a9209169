#include "messages/codec/codec.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "messages/codec_samples.hpp"

namespace codec_test {

using namespace voltaic::messages;
using voltaic::tests::sample_header;
using voltaic::tests::sample_payloads;

TEST_CASE("every payload kind comes back as it went") {
  REQUIRE(sample_payloads().size() == std::variant_size_v<any_payload>);
  for (const auto& content : sample_payloads()) {
    INFO("payload " << content.index());
    const auto frame = encode(sample_header(), content);
    const auto back = decode(*frame);
    REQUIRE(back);
    CHECK(back->header == sample_header());
    CHECK(back->payload == content);
  }
}

TEST_CASE("equal messages give equal bytes, whatever was encoded in between") {
  for (const auto& content : sample_payloads()) {
    const auto first = encode(sample_header(), content);
    for (const auto& other : sample_payloads()) (void)encode({}, other);
    const auto again = encode(sample_header(), content);
    REQUIRE(first->bytes().size() == again->bytes().size());
    CHECK(std::memcmp(first->bytes().data(), again->bytes().data(), first->bytes().size()) == 0);
  }
}

TEST_CASE("empty values of each kind keep their kind") {
  for (const auto& values : {decltype(block::values)(block::words{}),
                             {block::integers{}},
                             {block::reals{}},
                             {std::string()}}) {
    const payload content =
        telemetry{.owner = "", .fingerprint = 0, .blocks = {{.values = values}}};
    const auto back = decode(*encode({}, content));
    REQUIRE(back);
    CHECK(back->payload == content);
  }
}

TEST_CASE("each kind of a command's value comes back") {
  using value = decltype(command::value);
  for (const auto& wanted : {value(), value(2.5), value("closed"), value("")}) {
    command content;
    content.value = wanted;
    const auto back = decode(*encode({}, content));
    REQUIRE(back);
    CHECK(std::get<command>(back->payload).value == wanted);
  }
}

TEST_CASE("a message that receivers would refuse is not encoded") {
  CHECK_THROWS_AS(encode({}, limits{.reasons = {std::string(text_bytes_max + 1, 'x')}}),
                  std::length_error);
  CHECK_THROWS_AS(encode({}, limits{.reasons = std::vector<std::string>(list_entries_max + 1)}),
                  std::length_error);
  telemetry large;
  large.blocks.push_back({.values = block::reals(frame_bytes_max / sizeof(double))});
  CHECK_THROWS_AS(encode({}, large), std::length_error);
  // The failed attempts leave nothing behind in what the next one is built in.
  const auto back = decode(*encode(sample_header(), tick{}));
  REQUIRE(back);
  CHECK(back->payload == payload(tick{}));
}

} // namespace codec_test
