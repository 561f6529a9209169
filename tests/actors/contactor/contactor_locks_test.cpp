#include <catch2/catch.hpp>

#include <algorithm>

#include "actors/contactor/bench_contactor.hpp"
#include "actors/protection/bench_chain.hpp"

// Who opened a rack, or looks at it, has to hear what locked it.
namespace voltaic::actors::contactor::contactor_locks_test {

namespace {

using messages::outcome;
using protection::testing::stage;
using lines = std::vector<std::string>;

/// Closed at 60 A, where the contactors may interrupt 20 A.
void close_and_load(stage& chain) {
  chain.run(1'000);
  chain.command("rack_0/contactor", "close");
  chain.run(5'000);
  REQUIRE(chain.results.back().outcome == outcome::done);
  chain.current_a = 60;
  chain.run(500);
}

std::vector<messages::event> told_of(const stage& chain, const std::string& reason) {
  std::vector<messages::event> found;
  for (const auto& one : chain.events)
    if (one.kind == "contactor" && one.reason == reason) found.push_back(one);
  return found;
}

} // namespace

TEST_CASE("F-162 an opening under load tells its lock and the current, and so does its answer") {
  stage chain;
  close_and_load(chain);
  chain.command("rack_0/contactor", "open");
  chain.run(5'000);
  const auto told = told_of(chain, break_under_load);
  REQUIRE(told.size() == 1);
  CHECK(told[0].subject == "rack_0");
  CHECK(told[0].state == "opening");
  CHECK(told[0].has_value);
  CHECK(told[0].value == 60);
  CHECK(told[0].unit == "A");
  CHECK(chain.results.back().key == chain.last_command.key);
  CHECK(chain.results.back().outcome == outcome::done);
  CHECK(chain.results.back().reasons == lines{"break_under_load is latched: reset first"});
  chain.run(10'000);
  CHECK(told_of(chain, break_under_load).size() == 1);
}

TEST_CASE("a lock that the event of its opening names is not told twice") {
  stage chain;
  chain.run(1'000);
  chain.welded = true;
  chain.run(6'000);
  CHECK(std::ranges::count(chain.texts("contactor"), "fault contactor_weld") == 1);
  CHECK(told_of(chain, contactor_weld).size() == 1);
}

TEST_CASE("an input that locks a rack whose weld locked it already is told beside it, once") {
  testing::bench rack;
  rack.close();
  rack.disturb = [](device_values& device) { device.plus_closed = true; };
  rack.model.request_open("command");
  testing::bring_to(rack, state::fault);
  REQUIRE(rack.last.reason == contactor_weld);
  REQUIRE(rack.last.contactor == "plus");
  rack.step();
  CHECK_FALSE(rack.last.changed);
  rack.model.take_inputs({{fire_detected, true}});
  rack.step();
  CHECK(rack.last.reason == fire_detected);
  CHECK(rack.last.contactor.empty());
  CHECK(rack.last.changed);
  rack.step();
  CHECK_FALSE(rack.last.changed);
}

TEST_CASE("a latched input that comes and goes between two steps brings nothing new") {
  testing::bench rack({}, {fire_detected});
  testing::bring_to(rack, state::open);
  rack.model.take_inputs({{fire_detected, true}});
  rack.model.take_inputs({});
  CHECK(rack.step().reason == "start");
  CHECK(rack.model.state() == state::open);
  CHECK(rack.model.latches() == lines{fire_detected});
}

TEST_CASE("a lock that is let go of is one until the step that leaves the fault") {
  testing::bench rack;
  testing::bring_to(rack, state::open);
  rack.model.take_inputs({{fire_detected, true}});
  testing::bring_to(rack, state::fault);
  rack.model.take_inputs({});
  CHECK(rack.model.request_reset(messages::lock_right::needs_plant) ==
        lines{"fire_detected: a lock is reset at the plant alone"});
  CHECK(rack.model.request_reset(messages::lock_right::given).empty());
  CHECK(rack.model.request_reset(messages::lock_right::needs_plant) ==
        lines{"a lock is reset at the plant alone"});
  CHECK(rack.model.request_reset(messages::lock_right::needs_service) ==
        lines{"needs role service"});
  rack.step();
  CHECK(rack.model.state() == state::open);
  CHECK(rack.model.request_reset(messages::lock_right::needs_plant).empty());
}

} // namespace voltaic::actors::contactor::contactor_locks_test
