#include "messages/dbc/message_codec.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "messages/dbc/bit_field.hpp"
#include "messages/dbc/dbc_text.hpp"

namespace message_codec_test {

using namespace voltaic::messages::dbc;
using voltaic::tests::load_strict;
using bytes = std::vector<std::uint8_t>;

namespace {

message message_of(std::string_view signals, std::uint32_t length = 8) {
  return load_strict("BO_ 1 Pack: " + std::to_string(length) + " X\n" + std::string(signals))
      .messages.front();
}

std::string refusal_of(const message& by, const std::vector<given_signal>& given) {
  const auto made = encode(by, given, {});
  REQUIRE_FALSE(made.has_value());
  return made.error().text;
}

const char* const nested =
    " SG_ Outer M : 0|4@1+ (1,0) [0|0] \"\" X\n"
    " SG_ Inner m2M : 4|4@1+ (1,0) [0|0] \"\" X\n"
    " SG_ Wide m1 : 8|8@1+ (1,0) [0|0] \"\" X\n"
    " SG_ Deep m7 : 8|8@1+ (2,-10) [0|0] \"\" X\n"
    "SG_MUL_VAL_ 1 Inner Outer 2-2, 5-6;\nSG_MUL_VAL_ 1 Wide Outer 1-1;\n"
    "SG_MUL_VAL_ 1 Deep Inner 7-9;\n";

} // namespace

TEST_CASE("bits put into a message are the bits taken out, in both byte orders") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    signal one;
    one.length = 1 + static_cast<std::uint32_t>(random() % 64);
    const bool is_intel = random() % 2 == 0;
    one.order = is_intel ? voltaic::messages::profiles::bit_order::intel
                         : voltaic::messages::profiles::bit_order::motorola;
    one.start = static_cast<std::uint32_t>(random() % 64);
    bytes payload(32, static_cast<std::uint8_t>(random()));
    const auto before = payload;
    const auto value = one.length == 64 ? random() : random() & ((1ull << one.length) - 1);
    put_bits(one, value, payload);
    if (take_bits(one, payload) != value) FAIL("round " << round);
    put_bits(one, take_bits(one, before), payload);
    if (payload != before) FAIL("round " << round << " touched other bits");
  }
}

TEST_CASE("a shorter payload says the signals that lie wholly in it") {
  const auto by =
      message_of(" SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ B : 8|9@1+ (1,0) [0|0] \"\" X\n");
  CHECK(decode(by, bytes{1, 2, 3})->size() == 2);
  CHECK(decode(by, bytes{1, 2})->size() == 1);
  CHECK(decode(by, bytes{})->empty());
  CHECK(decode(by, bytes(20, 1))->size() == 2);
}

TEST_CASE("a selector says which signals are there, also over ranges and below another") {
  const auto by = message_of(nested);
  const auto names = [&](const bytes& payload) {
    std::vector<std::string> all;
    const auto read = decode(by, payload);
    for (const auto& one : *read) all.push_back(by.signals[one.signal].name);
    return all;
  };
  using list = std::vector<std::string>;
  CHECK(names({0x01, 5}) == list{"Outer", "Wide"});
  CHECK(names({0x75, 5}) == list{"Outer", "Inner", "Deep"});
  CHECK(names({0x92, 5}) == list{"Outer", "Inner", "Deep"});
  CHECK(decode(by, bytes{0x72, 5})->back().value == 0);
}

TEST_CASE("a selector without signals for its value is refused with those that have some") {
  const auto by = message_of(nested);
  const auto outer = decode(by, bytes{0x03, 0});
  REQUIRE_FALSE(outer.has_value());
  CHECK(outer.error().text == "Pack: the selector Outer is 3, expected 1, 2, 5 to 6");
  const auto inner = decode(by, bytes{0xA2, 0});
  REQUIRE_FALSE(inner.has_value());
  CHECK(inner.error().text == "Pack: the selector Inner is 10, expected 7 to 9");
}

TEST_CASE("floats, big integers and words go there and back") {
  const auto by = message_of(
      " SG_ Ratio : 0|32@1- (1,0) [0|0] \"\" X\n SG_ Count : 32|64@1+ (1,0) [0|0] \"\" X\n"
      " SG_ State : 103|8@0- (1,0) [0|0] \"\" X\n"
      "SIG_VALTYPE_ 1 Ratio : 1;\nVAL_ 1 State -1 \"Fault\" 0 \"Ready\" ;\n",
      13);
  const auto made =
      encode(by, {{"Ratio", -129.5L}, {"Count", 18446744073709551615.0L}, {"State", "Fault"}}, {});
  REQUIRE(made.has_value());
  const auto read = decode(by, *made);
  REQUIRE(read->size() == 3);
  CHECK((*read)[0].value == -129.5);
  CHECK(raw_json(by.signals[1], (*read)[1].bits) == "18446744073709551615");
  CHECK(value_json(by.signals[1], (*read)[1]) == "18446744073709551615");
  CHECK(text_of(by.signals[2], (*read)[2].bits) == "Fault");
  CHECK(integer_of(by.signals[2], (*read)[2].bits) == -1);
}

TEST_CASE("a number that a float cannot hold is refused, never sent as infinity or as nothing") {
  const auto by = message_of(
      " SG_ Ratio : 0|32@1- (1,0) [0|0] \"\" X\n SG_ Wide : 32|64@1- (1,0) [0|0] \"\" X\n"
      "SIG_VALTYPE_ 1 Ratio : 1;\nSIG_VALTYPE_ 1 Wide : 2;\n",
      12);
  const auto refused = [&](long double ratio, long double wide) {
    return !encode(by, {{"Ratio", ratio}, {"Wide", wide}}, {}).has_value();
  };
  CHECK_FALSE(refused(3e38L, 1e300L));
  CHECK_FALSE(refused(0, 0));
  CHECK(refused(1e39L, 0));
  CHECK(refused(1e-60L, 0));
  CHECK(refused(0, 1e400L));
  CHECK(refused(0, -1e400L));
  CHECK(refused(0, 1e-400L));
}

TEST_CASE("a value is shown with the decimals of its factor and offset") {
  const auto by = message_of(
      " SG_ T : 0|12@1- (0.01,250) [0|0] \"K\" X\n"
      " SG_ S : 16|8@1+ (0.5,0) [0|0] \"%\" X\n");
  const auto read = decode(by, bytes{0x37, 0x00, 0x03});
  CHECK(value_json(by.signals[0], (*read)[0]) == "250.55");
  CHECK(value_json(by.signals[1], (*read)[1]) == "1.5");
}

TEST_CASE("what cannot be in a message is refused by the name of its signal") {
  const auto by = message_of(
      " SG_ Voltage : 0|8@1+ (0.5,0) [0|100] \"V\" X\n"
      " SG_ Mode : 8|2@1+ (1,0) [0|0] \"\" X\n"
      "VAL_ 1 Mode 0 \"Idle\" 1 \"Drive\" ;\n");
  const auto given = [](given_value voltage, given_value mode) {
    return std::vector<given_signal>{{"Voltage", std::move(voltage)}, {"Mode", std::move(mode)}};
  };
  CHECK(encode(by, given(100.0L, 3.0L), {}).has_value());
  CHECK(refusal_of(by, given(100.5L, 0.0L)) == "Voltage 100.5 V is not from 0 to 100");
  CHECK(refusal_of(by, given(-0.5L, 0.0L)) == "Voltage -0.5 V is not from 0 to 100");
  CHECK(refusal_of(by, given(1.0L, 4.0L)) == "Mode: the raw value 4 does not fit into 2 bits");
  CHECK(refusal_of(by, given(1.0L, "Driv")) == "Mode has no value 'Driv'; did you mean Drive?");
  CHECK(refusal_of(by, {{"Voltage", 1.0L}}) == "Pack needs Mode");
  CHECK(refusal_of(by, {{"Voltag", 1.0L}}) == "Pack has no signal Voltag; did you mean Voltage?");
}

TEST_CASE("signals that the selectors leave out may not be given, and need not be") {
  const auto by = message_of(nested);
  CHECK(encode(by, {{"Outer", 1.0L}, {"Wide", 9.0L}}, {}).value() ==
        bytes{0x01, 9, 0, 0, 0, 0, 0, 0});
  CHECK(encode(by, {{"Outer", 6.0L}, {"Inner", 8.0L}, {"Deep", 10.0L}}, {true, true}).value() ==
        bytes{0x86, 10, 255, 255, 255, 255, 255, 255});
  CHECK_THAT(refusal_of(by, {{"Outer", 1.0L}, {"Wide", 9.0L}, {"Inner", 7.0L}}),
             Catch::Contains("Inner is not there"));
  CHECK_THAT(refusal_of(by, {{"Outer", 9.0L}}), Catch::Contains("expected 1, 2, 5 to 6"));
}

TEST_CASE("a signal that is not given takes its start value") {
  const auto by = message_of(
      " SG_ Mode : 0|8@1+ (2,1) [0|0] \"\" X\n"
      "BA_DEF_ SG_ \"GenSigStartValue\" FLOAT 0 100;\n"
      "BA_ \"GenSigStartValue\" SG_ 1 Mode 7;\n");
  CHECK(encode(by, {}, {}).value().front() == 7);
}

} // namespace message_codec_test
