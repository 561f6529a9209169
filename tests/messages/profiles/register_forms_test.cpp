#include <catch2/catch.hpp>

#include "messages/profiles/register_plan.hpp"
#include "messages/support/profiles.hpp"

namespace register_forms_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

std::string text_with(const std::string& points, const std::string& registers,
                      const std::string& more = "") {
  return R"({"name":"t","version":1,"protocol":"modbus","commissioned":false,
"points":{)" +
         points + "},\n\"registers\":[" + registers + "]" + more + "}";
}

register_plan plan_with(const std::string& points, const std::string& registers) {
  auto made = register_plan::compile(load_good(text_with(points, registers)));
  REQUIRE(made.has_value());
  return *std::move(made);
}

std::string findings_of(const std::string& points, const std::string& registers,
                        const std::string& more = "") {
  const auto result = load_profile(text_with(points, registers, more), "f");
  return std::holds_alternative<findings>(result) ? to_text(std::get<findings>(result)) : "";
}

const std::string x_u16 = R"("x":{"channel":"X","type":"u16","unit":""})";
const std::string x_i64 = R"("x":{"channel":"X","type":"i64","unit":""})";
const std::string x_f64 = R"("x":{"channel":"X","type":"f64","unit":""})";
const std::string x_text = R"("x":{"channel":"X","type":"text","unit":""})";

} // namespace

TEST_CASE("64-bit numbers become values in each byte order") {
  const auto plan = plan_with(
      R"("a":{"channel":"A","type":"i64","unit":"Wh"},"b":{"channel":"B","type":"i64","unit":"Wh"},
         "c":{"channel":"C","type":"f64","unit":"Wh"})",
      R"({"point":"a","table":"input","address":0,"type":"u64"},
         {"point":"b","table":"input","address":4,"type":"i64","word_order":"CDAB"},
         {"point":"c","table":"input","address":8,"type":"f64","word_order":"DCBA"})");
  REQUIRE(plan.reads().size() == 1);
  std::vector<sample> samples;
  const std::uint16_t registers[] = {0,      1,      2,      3,      0xFFFE, 0xFFFF,
                                     0xFFFF, 0xFFFF, 0x182D, 0x4454, 0xFB21, 0x0940};
  REQUIRE(plan.apply(0, registers, samples));
  CHECK(samples[0].raw == (std::int64_t{1} << 32) + 2 * 65'536 + 3);
  CHECK(samples[1].raw == -2);
  CHECK(samples[2].real == 3.141592653589793);
  const std::vector<std::uint16_t> absent(12, 0xFFFF);
  REQUIRE(plan.apply(0, absent, samples));
  CHECK_FALSE(samples[0].good); // a u64 of all ones is no count
  CHECK_FALSE(samples[2].good); // NaN
}

TEST_CASE("bits of one register are values of their own") {
  const auto plan = plan_with(
      R"("a":{"channel":"A","type":"u16","unit":""},"b":{"channel":"B","type":"u16","unit":""},
         "c":{"channel":"C","type":"u16","unit":"","sentinels":[7]})",
      R"({"point":"a","table":"input","address":5,"type":"u16","start":0},
         {"point":"b","table":"input","address":5,"type":"u16","start":1,"length":4},
         {"point":"c","table":"input","address":6,"type":"u32","word_order":"CDAB","start":15,
          "length":3})");
  REQUIRE(plan.reads().size() == 1);
  CHECK(plan.reads()[0] == register_read{register_table::input, 5, 3});
  std::vector<sample> samples;
  const std::uint16_t registers[] = {0x0015, 0x8000, 0x0002}; // bits 15 and 17 of c
  REQUIRE(plan.apply(0, registers, samples));
  REQUIRE(samples.size() == 3);
  CHECK(samples[0].raw == 1);
  CHECK(samples[1].raw == 10);
  CHECK(samples[2].raw == 5);
  const std::uint16_t sentinel[] = {0, 0x8000, 0x0003};
  REQUIRE(plan.apply(0, sentinel, samples));
  CHECK_FALSE(samples[2].good);
}

TEST_CASE("a text of registers is a text, and nothing else is") {
  const auto plan =
      plan_with(x_text, R"({"point":"x","table":"holding","address":40,"type":"text","words":4})");
  std::vector<sample> samples;
  const std::vector<std::uint16_t> registers{0x534E, 0x2D31, 0x3200, 0};
  REQUIRE(plan.apply(0, registers, samples));
  REQUIRE(samples.size() == 1);
  CHECK(samples[0].good);
  CHECK(plan.text_of(0, 0, registers) == "SN-12");
  REQUIRE(plan.apply(0, std::vector<std::uint16_t>(4, 0xFFFF), samples));
  CHECK_FALSE(samples[0].good);
}

TEST_CASE("a scale register scales its value, read by the same request") {
  const auto plan = plan_with(
      R"("a":{"channel":"A","type":"f64","unit":"W"},"b":{"channel":"B","type":"i32","unit":"W"})",
      R"({"point":"a","table":"holding","address":10,"type":"i16",
          "scale_register":{"address":14,"kind":"power_of_ten"}},
         {"point":"b","table":"holding","address":11,"type":"i16","scale":2,
          "scale_register":{"address":9,"kind":"factor"}})");
  REQUIRE(plan.reads().size() == 1);
  CHECK(plan.reads()[0] == register_read{register_table::holding, 9, 6});
  std::vector<sample> samples;
  const auto find = [&](std::uint16_t point) {
    for (const auto& each : samples)
      if (each.point == point) return each;
    return sample{};
  };
  std::uint16_t registers[] = {3, 1234, 0xFFF6, 0, 0, 0xFFFE}; // factor 3, -10, 10^-2
  REQUIRE(plan.apply(0, registers, samples));
  CHECK(find(0).real == Approx(12.34));
  CHECK(find(1).raw == -60);
  registers[5] = 0x8000; // SunSpec: not implemented
  registers[0] = 0;
  REQUIRE(plan.apply(0, registers, samples));
  CHECK_FALSE(find(0).good);
  CHECK_FALSE(find(1).good);
  registers[5] = 11; // no power of ten of a measurement
  REQUIRE(plan.apply(0, registers, samples));
  CHECK_FALSE(find(0).good);
}

TEST_CASE("values of different periods are read apart") {
  const auto plan = plan_with(
      R"("a":{"channel":"A","type":"u16","unit":"","period_ms":100},
         "b":{"channel":"B","type":"u16","unit":""},
         "c":{"channel":"C","type":"u16","unit":"","period_ms":100})",
      R"({"point":"a","table":"input","address":0,"type":"u16"},
         {"point":"b","table":"input","address":1,"type":"u16"},
         {"point":"c","table":"input","address":2,"type":"u16"})");
  REQUIRE(plan.reads().size() == 2);
  CHECK(plan.reads()[0] == register_read{register_table::input, 0, 3});
  CHECK(plan.period_ms(0) == 100);
  CHECK(plan.reads()[1] == register_read{register_table::input, 1, 1});
  CHECK(plan.period_ms(1) == 500); // nothing was stated
}

TEST_CASE("F-092 a number of several registers is never torn over two requests") {
  std::string points;
  std::string registers;
  for (int i = 0; i < 60; ++i) {
    const auto n = std::to_string(i);
    points += (i == 0 ? "" : ",") +
              ("\"p" + n + R"(":{"channel":"P)" + n + R"(","type":"i64","unit":""})");
    registers += (i == 0 ? "" : ",") + (R"({"point":"p)" + n + R"(","table":"input","address":)" +
                                        std::to_string(1 + 4 * i) + R"(,"type":"u64"})");
  }
  const auto plan = plan_with(points, registers);
  REQUIRE(plan.reads().size() == 2);
  for (const auto& read : plan.reads()) {
    CHECK((read.address - 1) % 4 == 0);
    CHECK(read.count % 4 == 0);
  }
}

TEST_CASE("F-093 a wrong word order gives values out of range, which are invalid") {
  const auto plan =
      plan_with(R"("x":{"channel":"X","type":"f64","unit":"Hz","valid":[40,70]})",
                R"({"point":"x","table":"input","address":0,"type":"f32","word_order":"CDAB"})");
  std::vector<sample> samples;
  const std::uint16_t right[] = {0x147B, 0x4248}; // 50.02, low word first
  REQUIRE(plan.apply(0, right, samples));
  CHECK(samples[0].good);
  const std::uint16_t wrong[] = {0x4248, 0x147B};
  REQUIRE(plan.apply(0, wrong, samples));
  CHECK_FALSE(samples[0].good);
}

TEST_CASE("F-180 registers that fit neither their point nor each other are told") {
  CHECK(
      findings_of(x_u16, R"({"point":"x","table":"input","address":0,"type":"text","words":2})") ==
      "f:3:55: registers[0].type: x is no text\n");
  CHECK(findings_of(x_text, R"({"point":"x","table":"input","address":0,"type":"u16"})") ==
        "f:3:55: registers[0].type: x is a text\n");
  CHECK(findings_of(x_text, R"({"point":"x","table":"input","address":0,"type":"text"})") ==
        "f:3:14: registers[0]: missing key \"words\"\n");
  CHECK(findings_of(x_u16, R"({"point":"x","table":"input","address":0,"type":"i16","start":2})")
            .find("only bits of u16, u32 or u64") != std::string::npos);
  CHECK(findings_of(
            x_u16, R"({"point":"x","table":"input","address":0,"type":"u16","start":9,"length":8})")
            .find("end beyond the 16") != std::string::npos);
  CHECK(findings_of(x_u16,
                    R"({"point":"x","table":"input","address":0,"type":"u16","word_order":"CDAB"})")
            .find("no second register") != std::string::npos);
  CHECK(findings_of(x_u16, R"({"point":"x","table":"input","address":0,"type":"u64"})")
            .find("does not fit into x of type u16") != std::string::npos);
  CHECK(findings_of(x_f64, R"({"point":"x","table":"input","address":0,"type":"i16",
                               "scale_register":{"address":200,"kind":"power_of_ten"}})")
            .find("by one request of 120 registers") != std::string::npos);
  CHECK(findings_of(x_f64, R"({"point":"x","table":"input","address":0,"type":"i32",
                               "scale_register":{"address":1,"kind":"factor"}})")
            .find("a register of the value itself") != std::string::npos);
  CHECK(findings_of(R"("x":{"channel":"X","type":"u16","unit":""},
                       "y":{"channel":"Y","type":"u16","unit":""})",
                    R"({"point":"x","table":"input","address":0,"type":"u16","start":0,"length":4},
                       {"point":"y","table":"input","address":0,"type":"u16","start":3})")
            .find("overlaps registers that are taken already") != std::string::npos);
}

TEST_CASE("F-180 a poll period beyond the usual needs a reason, texts and guards their form") {
  const auto u16 = R"({"point":"x","table":"input","address":0,"type":"u16"})";
  const auto with = [](const std::string& more) {
    return R"("x":{"channel":"X","type":"u16","unit":"",)" + more + "}";
  };
  CHECK(findings_of(with(R"("period_ms":5000)"), u16).find("a \"period_reason\" is needed") !=
        std::string::npos);
  CHECK(findings_of(with(R"("period_ms":50)"), u16).find("not within 100 and 1000") !=
        std::string::npos);
  CHECK(findings_of(with(R"("period_ms":5000,"period_reason":"it measures that often")"), u16)
            .empty());
  CHECK(findings_of(R"("x":{"channel":"X","type":"text","unit":"","scale":2})",
                    R"({"point":"x","table":"input","address":0,"type":"text","words":2})")
            .find("points.x.scale: does not belong to a text") != std::string::npos);
  CHECK(findings_of(x_u16, u16, R"(,"guard":{"table":"input","address":9,"values":[]})")
            .find("expected at least one register") != std::string::npos);
  CHECK(findings_of(x_u16, u16, R"(,"guard":{"table":"input","address":9,"values":[70000]})")
            .find("0 to 65535") != std::string::npos);
  CHECK(
      findings_of(x_u16, u16, R"(,"guard":{"table":"input","address":9,"values":[1,2]})").empty());
  CHECK(findings_of(x_i64, R"({"point":"x","table":"input","address":0,"type":"u64"})",
                    R"(,"commands":[{"name":"s","channel":"S","point":"x","read_back":"x",
                       "register":{"address":0,"type":"text"},"minimum":0,"maximum":1}])")
            .find("a command writes a number") != std::string::npos);
}

} // namespace register_forms_test
