#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include "actors/protection/bench_chain.hpp"
#include "actors/protection/full_rack.hpp"

// What other products fell for.
namespace voltaic::actors::protection::traps_test {

using namespace testing;

TEST_CASE("one good sample per period does not starve a trip") {
  full_rack rack;
  rack.settle();
  // Four of five scans are above the fault's value, the fifth is sound again.
  for (int scan = 0; scan < 50; ++scan) {
    rack.set(measured::cell_voltage, scan % 5 == 4 ? 3.3 : 3.66, 3);
    rack.run(200);
  }
  CHECK(has(rack, "set cell_overvoltage/fault module_0:cell_3"));
  CHECK(rack.model.last().verdict.opening == messages::opening::ordered);
  SECTION("a value that is bad for less than half of its time does not trip") {
    full_rack other;
    other.settle();
    for (int scan = 0; scan < 100; ++scan) {
      other.set(measured::cell_voltage, scan % 5 < 2 ? 3.66 : 3.3, 3);
      other.run(200);
    }
    CHECK_FALSE(has(other, "set cell_overvoltage/fault"));
  }
  SECTION("neither does one scan that is invalid") {
    full_rack other;
    other.settle();
    for (int scan = 0; scan < 20; ++scan) {
      other.set(measured::cell_voltage, 3.66, 3);
      other.set_quality(measured::cell_voltage, scan % 5 == 4 ? quality::invalid : quality::good,
                        3);
      other.run(200);
    }
    CHECK(has(other, "set cell_overvoltage/fault module_0:cell_3"));
  }
}

TEST_CASE("a stale value keeps no limit alive") {
  full_rack rack;
  rack.settle();
  REQUIRE(rack.model.last().limits.charge_a > 0);
  const auto what = GENERATE(measured::cell_voltage, measured::voltage, measured::soc);
  CAPTURE(describe(what).point);
  rack.silence(what);
  const auto& said = rack.run(1'200); // the largest of 1 s and three periods of these
  CHECK(said.limits.charge_a == 0);
  CHECK(said.limits.discharge_a == 0);
  CHECK(said.limits.charge_w == 0);
  CHECK(said.limits.discharge_w == 0);
  // Nor does it live again by one sample that arrives.
  rack.silence(what, false);
  rack.run(200);
  rack.silence(what);
  CHECK(rack.run(1'200).limits.charge_a == 0);
}

TEST_CASE("a current that nobody knows any more opens, whatever it was last") {
  full_rack rack;
  rack.settle();
  rack.silence(measured::current);
  CHECK(rack.run(700).verdict.opening == messages::opening::ordered);
}

TEST_CASE("a restart reports no empty battery, closes nothing and clears nothing") {
  full_rack rack;
  // The first that a restarted controller says of its SOC is zero.
  rack.set(measured::soc, 0);
  rack.run(60'000);
  CHECK_FALSE(has(rack, "soc_low"));
  CHECK(has(rack, "set soc_implausible"));
  SECTION("nor before it says anything of it") {
    full_rack silent;
    silent.silence(measured::soc);
    silent.run(60'000);
    CHECK_FALSE(has(silent, "soc_low"));
  }
  SECTION("closing waits for latches and whole scans") {
    protection_model model(full_options());
    CHECK_FALSE(model.step({}, {1'000'000, 0}).verdict.granted);
    CHECK_FALSE(model.step({}, {2'000'000, 0}).verdict.close_allowed);
  }
  SECTION("a latch of its former life holds although nothing is wrong any more") {
    full_rack again;
    const stored_latch former[] = {
        {"cell_overvoltage", "fault", "user", "module_0:cell_3", "cell_overvoltage/fault"}};
    again.model.load_latches(former, false);
    again.settle();
    CHECK(again.run(60'000).verdict.opening == messages::opening::ordered);
    CHECK_FALSE(again.model.last().verdict.close_allowed);
    CHECK(again.log.empty());
  }
}

TEST_CASE("F-164 an insulation monitor that is dead warns, and bars closing after a day",
          "[long]") {
  full_rack rack;
  rack.settle();
  constexpr std::int64_t hour_ms = 3'600'000;
  SECTION("silent") {
    rack.silence(measured::insulation_resistance);
    CHECK(rack.run(24 * hour_ms - 5'000).verdict.close_allowed);
    CHECK(has(rack, "set communication_loss/warning insulation_resistance"));
    CHECK_FALSE(has(rack, "alarm"));
    CHECK_FALSE(rack.run(10'000).verdict.close_allowed);
    CHECK(has(rack, "set communication_loss/alarm insulation_resistance"));
  }
  SECTION("speaking, and saying that it measures nothing") {
    rack.set_quality(measured::insulation_resistance, quality::invalid);
    CHECK(rack.run(24 * hour_ms - 5'000).verdict.close_allowed);
    CHECK(has(rack, "set sensor_invalid/warning insulation_resistance"));
    CHECK_FALSE(has(rack, "alarm"));
    const auto& said = rack.run(10'000);
    CHECK_FALSE(said.verdict.close_allowed);
    CHECK(said.verdict.granted); // it never opens what is closed
    CHECK(has(rack, "set sensor_invalid/alarm insulation_resistance"));
    rack.set_quality(measured::insulation_resistance, quality::good);
    CHECK(rack.run(15'000).verdict.close_allowed);
    CHECK(has(rack, "clear sensor_invalid/alarm insulation_resistance"));
  }
}

TEST_CASE("F-164 insulation that is low is told apart from a monitor that is dead") {
  full_rack rack;
  rack.settle();
  const double rack_v = 3.3 * full_cells;
  rack.set(measured::insulation_resistance, 240 * rack_v);
  CHECK_FALSE(rack.run(32'000).verdict.close_allowed);
  CHECK(has(rack, "set insulation_resistance_low/alarm"));
  CHECK_FALSE(has(rack, "sensor_invalid"));
  rack.set(measured::insulation_resistance, 90 * rack_v);
  CHECK(rack.run(32'000).verdict.opening == messages::opening::ordered);
  CHECK(has(rack, "set insulation_resistance_low/fault"));
}

TEST_CASE("a second chain may only withhold the lease") {
  stage chain;
  chain.run(1'000);
  chain.command("rack_0/contactor", "close");
  chain.run(1'000);
  REQUIRE(chain.order.lease);
  // Whatever another evaluator grants, newer or not, the rack's own has to grant it as well.
  const auto grant = [&](const std::string& source) {
    messages::message other;
    other.header.source = source;
    other.header.time = {chain.now_us, stage::utc(chain.now_us)};
    messages::permit word;
    word.rack = "rack_0";
    word.epoch = chain.permit.epoch + 10;
    word.counter = 1'000'000;
    word.granted = word.close_allowed = true;
    other.payload = word;
    chain.contactor->receive(other);
  };
  chain.cell_mv[0] = 3'660;
  for (int beat = 0; beat < 60; ++beat) {
    chain.beat();
    grant("rack_1/protection");
    grant("rack_0/second");
  }
  CHECK_FALSE(chain.order.lease);
  chain.command("rack_0/contactor", "close");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  SECTION("where the own one is silent, nothing else renews") {
    stage silent;
    silent.run(1'000);
    silent.command("rack_0/contactor", "close");
    silent.run(1'000);
    REQUIRE(silent.order.lease);
    const auto last = silent.order.counter;
    silent.device_alive = false; // no tick: protection says nothing
    for (int beat = 0; beat < 60; ++beat) {
      silent.beat();
      messages::message other;
      other.header.source = "rack_0/second";
      other.header.time = {silent.now_us, stage::utc(silent.now_us)};
      messages::permit word = silent.permit;
      word.counter += 1;
      other.payload = word;
      silent.contactor->receive(other);
    }
    CHECK(silent.order.counter == last); // the device's lease runs out
  }
}

TEST_CASE("F-135 what a fault forbids is refused with its reasons, to whoever asks") {
  stage chain;
  chain.run(1'000);
  chain.cell_mv[0] = 3'660;
  chain.run(2'000);
  chain.command("rack_0/contactor", "close", "engineer");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  CHECK(std::ranges::count(chain.results.back().reasons,
                           "cell_overvoltage/fault module_0:cell_0") == 1);
  chain.command("rack_0/protection", "reset", "operator");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  CHECK(chain.results.back().reasons.front() ==
        "cell_overvoltage/fault: the condition still holds");
  SECTION("a lock needs the role service besides") {
    chain.cell_mv[0] = 3'760;
    chain.run(2'000);
    chain.cell_mv[0] = 3'300;
    chain.run(15'000);
    chain.command("rack_0/protection", "reset", "engineer");
    CHECK(chain.results.back().outcome == messages::outcome::rejected);
    CHECK(std::ranges::count(chain.results.back().reasons,
                             "cell_overvoltage/hard: needs role service") == 1);
    chain.command("rack_0/protection", "reset", "service");
    CHECK(chain.results.back().outcome == messages::outcome::done);
  }
}

TEST_CASE("F-135 a lock is never reset by who is not at the plant, a latch is") {
  stage chain;
  chain.run(1'000);
  chain.cell_mv[0] = 3'760;
  chain.run(2'000);
  chain.cell_mv[0] = 3'300;
  chain.run(15'000);
  chain.priority = messages::command_priority::remote;
  chain.command("rack_0/protection", "reset", "service");
  CHECK(chain.results.back().outcome == messages::outcome::rejected);
  CHECK(chain.results.back().reasons ==
        std::vector<std::string>{"cell_overvoltage/hard: a lock is reset at the plant alone"});
  chain.priority = messages::command_priority::person;
  chain.command("rack_0/protection", "reset", "service");
  CHECK(chain.results.back().outcome == messages::outcome::done);
  // A latch of the user's kind, while nothing forbids it.
  chain.cell_mv[0] = 3'660;
  chain.run(2'000);
  chain.priority = messages::command_priority::remote;
  chain.command("rack_0/protection", "reset", "operator");
  CHECK(chain.results.back().reasons ==
        std::vector<std::string>{"cell_overvoltage/fault: the condition still holds"});
  chain.cell_mv[0] = 3'300;
  chain.run(15'000);
  chain.command("rack_0/protection", "reset", "operator");
  CHECK(chain.results.back().outcome == messages::outcome::done);
}

} // namespace voltaic::actors::protection::traps_test
