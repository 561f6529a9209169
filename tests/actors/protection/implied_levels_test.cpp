#include <catch2/catch.hpp>

#include "actors/protection/full_rack.hpp"

// A level that sets is more than those below it: they are set with it.
namespace voltaic::actors::protection::implied_levels_test {

using testing::bench_rack;
using testing::full_rack;
using testing::options_for;
using lines = std::vector<std::string>;

TEST_CASE("a higher level sets the lower ones of its candidate with it, lowest first") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.mark();
  rack.set(3, 3.80);
  rack.run(400);
  rack.set(3, 3.3);
  rack.run(500);
  REQUIRE(rack.log.size() == 4);
  const auto set_ms = rack.time_of("set", "cell_overvoltage/hard");
  CHECK(set_ms >= 200);
  for (const auto* level : {"warning", "alarm", "fault"}) {
    CHECK(rack.time_of("set", std::string("cell_overvoltage/") + level) == set_ms);
  }
  CHECK(rack.log[0].reason == "cell_overvoltage/warning");
  CHECK(rack.log[0].told.opens_group);
  CHECK(rack.log[3].reason == "cell_overvoltage/hard");
  for (std::size_t each = 1; each < 4; ++each) CHECK(rack.log[each].told.in_group);
  CHECK(rack.log[3].told.value == Approx(3.8));
  // Each clears by its own value and time.
  rack.run(14'000);
  CHECK(rack.count("clear", "cell_overvoltage/warning") == 1);
  CHECK(rack.count("clear", "cell_overvoltage/alarm") == 1);
  CHECK(rack.count("latch", "cell_overvoltage/fault") == 1);
  CHECK(rack.count("latch", "cell_overvoltage/hard") == 1);
  CHECK(rack.time_of("clear", "cell_overvoltage/warning") <
        rack.time_of("latch", "cell_overvoltage/fault"));
  // Once more, over in the very step that sets it: what is implied waits for its whole time again.
  rack.set(3, 3.80);
  rack.scan();
  rack.mark();
  rack.set(3, 3.3);
  rack.run(14'000);
  CHECK(rack.time_of("set", "cell_overvoltage/warning") == 200);
  CHECK(rack.time_of("clear", "cell_overvoltage/warning") >= 5'200);
}

TEST_CASE("what is set already is not told again by a higher level") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(3, 3.56);
  rack.run(4'000);
  rack.mark();
  rack.set(3, 3.66);
  rack.run(1'300);
  CHECK(rack.count("set", "cell_overvoltage/warning") == 0);
  CHECK(rack.count("set", "cell_overvoltage/alarm") == 1);
  CHECK(rack.count("set", "cell_overvoltage/fault") == 1);
  rack.run(3'000);
  CHECK(rack.count("set", "cell_overvoltage/alarm") == 1);
}

TEST_CASE("each element that sets a higher level sets its own lower ones") {
  bench_rack rack(options_for("lfp"));
  rack.settle();
  rack.set(3, 3.80);
  rack.set(19, 3.80);
  rack.run(600);
  lines told;
  for (const auto& one : rack.log) told.push_back(one.text.substr(one.text.find(' ') + 1));
  CHECK(told == lines{"set cell_overvoltage/warning module_0:cell_3",
                      "set cell_overvoltage/warning module_1:cell_3",
                      "set cell_overvoltage/alarm module_0:cell_3",
                      "set cell_overvoltage/alarm module_1:cell_3",
                      "set cell_overvoltage/fault module_0:cell_3",
                      "set cell_overvoltage/fault module_1:cell_3",
                      "set cell_overvoltage/hard module_0:cell_3",
                      "set cell_overvoltage/hard module_1:cell_3"});
}

TEST_CASE("a level of overcurrent that is judged apart sets the lower ones as well") {
  full_rack rack;
  rack.settle();
  rack.set(measured::current, -290);
  rack.run(600);
  lines told;
  for (const auto& line : rack.log) {
    if (line.find("charge_overcurrent") != std::string::npos)
      told.push_back(line.substr(line.find(' ') + 1));
  }
  CHECK(told == lines{"set charge_overcurrent/warning rack", "set charge_overcurrent/alarm rack",
                      "set charge_overcurrent/fault rack", "set charge_overcurrent/hard rack"});
}

TEST_CASE("a level whose condition does not hold is not implied by a higher one") {
  full_rack rack; // a spread warns between 15 and 95 % of charge, or while it rests
  rack.set(measured::soc, 98);
  rack.set(measured::current, 100);
  rack.settle();
  rack.set(measured::cell_voltage, 3.0 + 0.65, 3);
  rack.set(measured::cell_voltage, 3.01, 4);
  rack.run(31'000);
  CHECK(testing::has(rack, "set cell_voltage_spread/alarm"));
  CHECK_FALSE(testing::has(rack, "set cell_voltage_spread/warning"));
}

} // namespace voltaic::actors::protection::implied_levels_test
