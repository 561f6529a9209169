#include "messages/profiles/register_plan.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "messages/support/profiles.hpp"

namespace register_plan_test {

using namespace voltaic::tests;
using namespace voltaic::messages;
using namespace voltaic::messages::profiles;

namespace {

device_profile meter() {
  return load_file("meter_example.json");
}

/// A profile whose registers are given.
device_profile with_registers(const std::string& points, const std::string& registers) {
  return load_good(
      R"({"name":"t","version":1,"protocol":"modbus","commissioned":false,"points":{)" + points +
      R"(},"registers":[)" + registers + "]}");
}

const sample& find(const std::vector<sample>& samples, const device_profile& profile,
                   std::string_view name) {
  for (const auto& one : samples)
    if (profile.points[one.point].name == name) return one;
  FAIL("no sample of " << name);
  return samples.front();
}

} // namespace

TEST_CASE("neighbouring registers are read by one request, tables apart") {
  const auto plan = register_plan::compile(meter());
  REQUIRE(plan.has_value());
  REQUIRE(plan->reads().size() == 2);
  CHECK(plan->reads()[0] == register_read{register_table::holding, 100, 2});
  CHECK(plan->reads()[1] == register_read{register_table::input, 0, 8});
  CHECK(plan->period_ms(0) == 500);
}

TEST_CASE("a read is at most 120 registers long and spans small gaps only") {
  const std::string point =
      R"("x":{"channel":"X","type":"u16","count":300,"unit":"","period_ms":100})";
  const auto profile = with_registers(
      point,
      R"({"point":"x","index":0,"count":250,"table":"input","address":8000,"type":"u16"},
         {"point":"x","index":250,"count":25,"table":"input","address":8258,"type":"u16"},
         {"point":"x","index":275,"count":25,"table":"input","address":8292,"type":"u16"})");
  const auto plan = register_plan::compile(profile);
  REQUIRE(plan.has_value());
  REQUIRE(plan->reads().size() == 4);
  CHECK(plan->reads()[0] == register_read{register_table::input, 8000, 120});
  CHECK(plan->reads()[1] == register_read{register_table::input, 8120, 120});
  CHECK(plan->reads()[2] == register_read{register_table::input, 8240, 43}); // over a gap of 8
  CHECK(plan->reads()[3] == register_read{register_table::input, 8292, 25}); // not over 9
  std::uint32_t next = 0;
  for (const auto& coverage : plan->coverages()) {
    CHECK(coverage.first_index == next);
    next += coverage.count;
  }
  CHECK(next == 300);
  std::vector<std::uint16_t> registers(43);
  registers[10] = 7; // address 8250 is in the gap
  registers[18] = 9; // address 8258
  std::vector<sample> samples;
  REQUIRE(plan->apply(2, registers, samples));
  REQUIRE(samples.size() == 35);
  CHECK(samples[9].raw == 0);
  CHECK(samples[10].index == 250);
  CHECK(samples[10].raw == 9);
}

TEST_CASE("two-register values never straddle two reads") {
  const auto profile = with_registers(
      R"("x":{"channel":"X","type":"u32","count":100,"unit":"","period_ms":100},
         "y":{"channel":"Y","type":"u16","unit":"","period_ms":100})",
      R"({"point":"y","table":"holding","address":0,"type":"u16"},
         {"point":"x","count":100,"table":"holding","address":1,"type":"u32"})");
  const auto plan = register_plan::compile(profile);
  REQUIRE(plan.has_value());
  REQUIRE(plan->reads().size() == 2);
  CHECK(plan->reads()[0] == register_read{register_table::holding, 0, 119});
  CHECK(plan->reads()[1] == register_read{register_table::holding, 119, 82});
}

TEST_CASE("a meter's registers become its values") {
  const auto profile = meter();
  const auto plan = register_plan::compile(profile);
  REQUIRE(plan.has_value());
  std::vector<sample> samples;
  // 230.4 V, -12.34 A, -70000 W (low word first), 123456.7 kWh, 50.02 Hz
  const std::uint16_t registers[] = {2304, 0xFB2E, 0xEE90, 0xFFFE, 0x0012, 0xD687, 0x4248, 0x147B};
  REQUIRE(plan->apply(1, registers, samples));
  CHECK(find(samples, profile, "voltage").raw == 2304);
  CHECK(find(samples, profile, "current").raw == -1234);
  CHECK(find(samples, profile, "power").raw == -70'000);
  CHECK(find(samples, profile, "energy").raw == 1'234'567);
  CHECK(find(samples, profile, "frequency").real == Approx(50.02));
  for (const auto& one : samples) CHECK(one.good);
}

TEST_CASE("F-091 a register's sentinel, range and NaN are invalid, never a number") {
  const auto profile = meter();
  const auto plan = register_plan::compile(profile);
  REQUIRE(plan.has_value());
  std::vector<sample> samples;
  const std::uint16_t registers[] = {0xFFFF, 0x8000, 0xFFFF, 0x7FFF,
                                     0xFFFF, 0xFFFF, 0x7FC0, 0x0000};
  REQUIRE(plan->apply(1, registers, samples));
  for (const auto& one : samples) {
    CHECK_FALSE(one.good);
    CHECK(one.raw == 0);
  }
  CHECK(std::isnan(find(samples, profile, "frequency").real));
}

TEST_CASE("an answer of another length says nothing") {
  const auto plan = register_plan::compile(meter());
  REQUIRE(plan.has_value());
  std::vector<sample> samples(3);
  CHECK_FALSE(plan->apply(1, std::vector<std::uint16_t>(7), samples));
  CHECK(samples.empty());
  CHECK_FALSE(plan->apply(1, std::vector<std::uint16_t>(9), samples));
}

TEST_CASE("F-138 a register takes values of its range only, and gives them back") {
  const auto plan = register_plan::compile(meter());
  REQUIRE(plan.has_value());
  const auto command = plan->find_set("SetPower");
  REQUIRE(command.has_value());
  CHECK(plan->find_set("power_setpoint") == command);
  const auto write = plan->encode_set(*command, -70'000);
  REQUIRE(write.has_value());
  CHECK(*write == register_write{100, {0xFFFE, 0xEE90}});
  const auto value = plan->read_back(*command, write->registers);
  REQUIRE(value.has_value());
  CHECK(*value == -70'000);
  CHECK(*plan->encode_set(*command, -70'000.9) == *write); // no step more than was asked for
  for (const double refused : {-100'001.0, 100'001.0, std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity()})
    CHECK_FALSE(plan->encode_set(*command, refused).has_value());
  CHECK_FALSE(plan->read_back(*command, {}).has_value());
}

TEST_CASE("F-180 registers that overlap or end beyond the table are refused") {
  const auto result = load_profile(
      R"({"name":"t","version":1,"protocol":"modbus","commissioned":false,
"points":{"x":{"channel":"X","type":"u32","count":3,"unit":"","period_ms":100}},
"registers":[
{"point":"x","index":0,"table":"input","address":10,"type":"u32"},
{"point":"x","index":1,"table":"input","address":11,"type":"u32"},
{"point":"x","index":2,"table":"input","address":65535,"type":"i32"}]})",
      "f");
  REQUIRE(std::holds_alternative<findings>(result));
  CHECK(to_text(std::get<findings>(result)) ==
        "f:5:40: registers[1].address: overlaps registers that are taken already\n"
        "f:6:40: registers[2].address: the registers end beyond 65535\n"
        "f:6:56: registers[2].type: does not fit into x of type u32\n");
}

} // namespace register_plan_test
