#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "messages/support/profiles.hpp"

namespace values_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

/// One point in one signal of an 8-byte frame.
device_profile single(const std::string& point, const std::string& signal) {
  return load_good(
      R"({"name":"test","version":1,"protocol":"can","commissioned":false,"points":{"x":{"channel":"X",)"
      R"("unit":"","period_ms":100,)" +
      point + R"(}},"messages":[{"name":"m","id":"0x123","length":8,"signals":[{"point":"x",)" +
      signal + "}]}]}");
}

can::frame frame_of(std::uint64_t word) {
  can::frame result;
  result.id = 0x123;
  result.length = 8;
  for (std::size_t i = 0; i < 8; ++i) result.data[i] = static_cast<std::uint8_t>(word >> (8 * i));
  return result;
}

sample decode(const device_profile& profile, std::uint64_t word) {
  const decoded_frame decoded(profile, frame_of(word));
  REQUIRE(decoded.samples.size() == 1);
  return decoded.samples[0];
}

} // namespace

TEST_CASE("F-091 sentinels, values out of range and NaN are invalid, never a number") {
  const auto profile =
      single(R"("type":"i16","scale":0.1,"valid":[-40,85],"sentinels":[-32768,200])",
             R"("start":0,"length":16)");
  CHECK(decode(profile, 250).good);
  CHECK(decode(profile, 250).raw == 250);
  CHECK(decode(profile, 850).good);
  CHECK(decode(profile, 0xFFFF & static_cast<std::uint64_t>(-400)).good);
  for (const std::uint64_t raw : {0x8000ull, 200ull, 851ull, 0x7FFFull, 0xFFFFull & -401ull}) {
    INFO(raw);
    CHECK_FALSE(decode(profile, raw).good);
    CHECK(decode(profile, raw).raw == 0);
  }
  const auto real =
      single(R"("type":"f64","valid":[0,10])", R"("start":0,"length":32,"type":"float")");
  CHECK(decode(real, std::bit_cast<std::uint32_t>(2.5f)).real == 2.5);
  for (const float value : {-1.0f, 11.0f, std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity()}) {
    const auto result = decode(real, std::bit_cast<std::uint32_t>(value));
    CHECK_FALSE(result.good);
    CHECK(std::isnan(result.real));
  }
}

TEST_CASE("a signal says the same whichever way its plan cuts it out") {
  // With two sentinels it is judged one by one, with fewer without a branch. Neither may differ at
  // the edges of range and type.
  struct kind {
    const char* type;
    const char* range;
    const char* bits;
  };
  for (const auto& each :
       {kind{"i16", "[-50,100]", R"("start":5,"length":12,"type":"signed")"},
        kind{"u16", "[3,4000]", R"("start":5,"length":12)"},
        kind{"i64", "[-9e18,9e18]", R"("start":0,"length":64,"type":"signed")"},
        kind{"i32", "[-2e9,2e9]", R"("start":7,"length":32,"order":"motorola","type":"signed")"}}) {
    CAPTURE(each.type, each.bits);
    const auto with = [&](const std::string& sentinels) {
      return single(
          std::string(R"("type":")") + each.type + R"(","valid":)" + each.range + sentinels,
          each.bits);
    };
    const auto none = with("");
    const auto one = with(R"(,"sentinels":[3])");
    const auto two = with(R"(,"sentinels":[3,3])");
    std::vector<std::uint64_t> words = {0, ~0ull, 1ull << 63, ~0ull >> 1};
    for (std::uint64_t raw = 0; raw < 0x1000; ++raw) words.push_back(raw << 5);
    std::mt19937_64 random(7);
    for (int i = 0; i < 200; ++i) words.push_back(random());
    for (const auto word : words) {
      const auto expected = decode(two, word);
      const auto same = [&](const sample& said) {
        return said.good == expected.good && said.raw == expected.raw;
      };
      const auto bare = decode(none, word);
      if (!same(decode(one, word)) || (bare.raw != 3 && !same(bare))) FAIL("word " << word);
    }
  }
}

TEST_CASE("a range that no bits of the signal reach lets nothing through") {
  const auto profile = single(R"("type":"i16","valid":[300,400])", R"("start":0,"length":8)");
  for (const std::uint64_t raw : {0u, 1u, 255u}) CHECK_FALSE(decode(profile, raw).good);
}

TEST_CASE("an infinite float is invalid even without a stated range") {
  const auto real = single(R"("type":"f64")", R"("start":0,"length":64,"type":"float")");
  CHECK(decode(real, std::bit_cast<std::uint64_t>(1e300)).real == 1e300);
  CHECK_FALSE(
      decode(real, std::bit_cast<std::uint64_t>(std::numeric_limits<double>::infinity())).good);
}

TEST_CASE("a signal with a scale of its own is brought to the point's") {
  // millivolts on the wire, 0.1 V in the point
  const auto profile =
      single(R"("type":"u16","scale":0.1)", R"("start":0,"length":32,"scale":0.001)");
  CHECK(decode(profile, 48'049).raw == 480);
  CHECK(decode(profile, 48'051).raw == 481);
  CHECK_FALSE(decode(profile, 0xFFFF'FFFF).good); // beyond u16
  // Pylontech's high-voltage current: offset -3000 A
  const auto shifted =
      single(R"("type":"i16","scale":0.1)", R"("start":0,"length":16,"scale":0.1,"offset":-3000)");
  CHECK(decode(shifted, 30'000).raw == 0);
  CHECK(decode(shifted, 30'123).raw == 123);
  CHECK(decode(shifted, 29'000).raw == -1000);
}

TEST_CASE("a float signal is rounded to an integer point") {
  const auto profile = single(R"("type":"i32","scale":0.001)",
                              R"("start":0,"length":32,"type":"float","scale":1,"offset":0)");
  CHECK(decode(profile, std::bit_cast<std::uint32_t>(-1.5f)).raw == -1500);
  CHECK_FALSE(decode(profile, std::bit_cast<std::uint32_t>(1e30f)).good);
  CHECK_FALSE(
      decode(profile, std::bit_cast<std::uint32_t>(std::numeric_limits<float>::quiet_NaN())).good);
}

TEST_CASE("a negative scale turns the valid range around") {
  const auto profile =
      single(R"("type":"i16","scale":-0.1,"valid":[-10,5])", R"("start":0,"length":16)");
  CHECK(decode(profile, 100).good);
  CHECK_FALSE(decode(profile, 101).good);
  CHECK(decode(profile, 0xFFFF & static_cast<std::uint64_t>(-50)).good);
  CHECK_FALSE(decode(profile, 0xFFFF & static_cast<std::uint64_t>(-51)).good);
}

TEST_CASE("64 unsigned bits beyond a signed integer are out of range") {
  const auto profile = single(R"("type":"i64")", R"("start":0,"length":64,"type":"unsigned")");
  CHECK(decode(profile, 1ull << 62).raw == std::int64_t{1} << 62);
  CHECK_FALSE(decode(profile, 1ull << 63).good);
  const auto real = single(R"("type":"f64")", R"("start":0,"length":64,"type":"unsigned")");
  CHECK(decode(real, 1ull << 63).real == std::ldexp(1.0, 63));
}

TEST_CASE("a received checksum must be right") {
  const auto profile = load_good(
      R"({"name":"test","version":1,"protocol":"can","commissioned":false,"points":{"x":{"channel":"X",
      "unit":"","period_ms":100,"type":"u16"}},"messages":[{"name":"m","id":"0x123","length":3,
      "checksum":{"kind":"sum","byte":2},"signals":[{"point":"x","start":0,"length":16}]}]})");
  CHECK(decoded_frame(profile, make_frame(0x123, "010203")).sample("x").raw == 0x0201);
  const decoded_frame bad(profile, make_frame(0x123, "010204"));
  CHECK(bad.applied.outcome == decode_plan::outcome::bad_checksum);
  CHECK(bad.samples.empty());
}

TEST_CASE("decoding allocates nothing once the buffer has room") {
  const auto profile = load_file("demo_rack.json");
  const auto plan = decode_plan::compile(profile, 0);
  REQUIRE(plan.has_value());
  std::vector<sample> samples;
  samples.reserve(plan->samples_max());
  const auto* room = samples.data();
  for (std::uint32_t id = 0; id < 0x800; ++id)
    plan->apply(make_frame(id, "0011223344556677"), samples);
  CHECK(samples.data() == room);
}

} // namespace values_test
